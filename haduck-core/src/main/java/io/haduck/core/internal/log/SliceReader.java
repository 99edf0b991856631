package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import org.jspecify.annotations.Nullable;

/**
 * Turns the stored bytes of blocks and of pieces of a write-ahead log into what they are, and
 * proves each: length, CRC32C, zstd frame, hash. Nothing else does, so whoever restores and whoever
 * verifies a replica ask the same. Safe for any number of threads.
 */
public final class SliceReader {
  private final BlockCompression compression;

  /** A reader, which does not close what it decompresses with. */
  public SliceReader(BlockCompression compression) {
    this.compression = compression;
  }

  /**
   * Returns the raw bytes of a slice, in a new array.
   *
   * @param content that they must be
   * @param stored holds the stored bytes, {@code slice.storedLength()} of them
   * @param offset where in {@code stored} they begin
   * @throws CorruptDataException if they are not that; names object and offset
   */
  public byte[] read(ObjectSlice slice, SliceContent content, byte[] stored, int offset) {
    byte[] raw = new byte[content.length()];
    read(slice, content, stored, offset, raw, 0);
    return raw;
  }

  /**
   * Writes the raw bytes of a slice, {@code content.length()} of them, into an array. What is in
   * that place if this throws is nothing to rely on.
   *
   * @param content that they must be
   * @param stored holds the stored bytes, {@code slice.storedLength()} of them
   * @param offset where in {@code stored} they begin
   * @param raw is another array than {@code stored}
   * @param rawOffset where in {@code raw} they go
   * @throws CorruptDataException if they are not that; names object and offset
   */
  public void read(
      ObjectSlice slice,
      SliceContent content,
      byte[] stored,
      int offset,
      byte[] raw,
      int rawOffset) {
    int length = slice.storedLength();
    if (length > stored.length - offset || (!slice.compressed() && length != content.length())) {
      throw corrupt(slice, content, "found " + (stored.length - offset) + " bytes", null);
    }
    int crc32c = StoredBytes.crc32cOf(stored, offset, length);
    if (crc32c != slice.crc32c()) {
      throw corrupt(
          slice,
          content,
          "expected CRC32C "
              + Integer.toHexString(slice.crc32c())
              + ", found "
              + Integer.toHexString(crc32c),
          null);
    }
    if (slice.compressed()) {
      try {
        compression.decompress(stored, offset, length, raw, rawOffset, content.length());
      } catch (CorruptDataException e) {
        throw corrupt(slice, content, String.valueOf(e.getMessage()), e);
      }
    } else {
      System.arraycopy(stored, offset, raw, rawOffset, length);
    }
    String difference = content.difference(raw, rawOffset);
    if (difference != null) {
      throw corrupt(slice, content, difference, null);
    }
  }

  private static CorruptDataException corrupt(
      ObjectSlice slice, SliceContent content, String problem, @Nullable Throwable cause) {
    return new CorruptDataException(
        slice.objectKey()
            + " at offset "
            + slice.offset()
            + ", "
            + content.name()
            + " in "
            + slice.storedLength()
            + " bytes: "
            + problem
            + "; the object is damaged: "
            + Input.WHAT_TO_DO,
        cause);
  }
}
