package io.haduck.core.internal.log;

/**
 * Where stored bytes lie: a part of an object, with what must be true of it before anything is
 * decompressed. {@link SliceReader} verifies it.
 *
 * @param objectKey of a changeset or segment, relative to the replica
 * @param offset of the first byte, absolute in the object, in bytes
 * @param storedLength in bytes
 * @param crc32c of the stored bytes
 * @param compressed whether they are a zstd frame
 */
public record ObjectSlice(
    String objectKey, long offset, int storedLength, int crc32c, boolean compressed) {
  /** Returns the offset behind the last byte, in bytes. */
  public long end() {
    return offset + storedLength;
  }
}
