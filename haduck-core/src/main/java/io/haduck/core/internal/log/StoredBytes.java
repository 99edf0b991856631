package io.haduck.core.internal.log;

/**
 * Bytes as they go into an object: compressed, or raw if that is no larger. The array is not copied
 * and must not change any more.
 */
public final class StoredBytes {
  private final byte[] bytes;
  private final int crc32c;
  private final boolean compressed;

  StoredBytes(byte[] bytes, int crc32c, boolean compressed) {
    this.bytes = bytes;
    this.crc32c = crc32c;
    this.compressed = compressed;
  }

  /** The bytes themselves; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** In bytes. */
  public int length() {
    return bytes.length;
  }

  /** CRC32C of the bytes. */
  public int crc32c() {
    return crc32c;
  }

  /** Whether they are a zstd frame. */
  public boolean compressed() {
    return compressed;
  }

  /** Returns where they lie once they are put at an offset of an object. */
  public ObjectSlice in(String objectKey, long offset) {
    return new ObjectSlice(objectKey, offset, length(), crc32c, compressed);
  }
}
