package io.haduck.core.internal.log;

import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Bytes as they go into an object: compressed, or raw if that is no larger. They are not copied,
 * and must not change as long as this is used.
 */
public final class StoredBytes {
  private final byte[] array;
  private final int offset;
  private final int length;
  private final int crc32c;
  private final boolean compressed;

  StoredBytes(byte[] array, int offset, int length, boolean compressed) {
    this.array = array;
    this.offset = offset;
    this.length = length;
    this.crc32c = crc32cOf(array, offset, length);
    this.compressed = compressed;
  }

  /** Returns the CRC32C of a part of an array. */
  public static int crc32cOf(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  /** Returns the bytes themselves, not to be changed, or a copy if they are a part of an array. */
  public byte[] bytes() {
    return length == array.length ? array : Arrays.copyOfRange(array, offset, offset + length);
  }

  /** Copies a part of the bytes into an array. */
  public void copyTo(int from, byte[] target, int at, int count) {
    System.arraycopy(array, offset + from, target, at, count);
  }

  /** In bytes. */
  public int length() {
    return length;
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
  public ObjectSlice in(String objectKey, long offsetInObject) {
    return new ObjectSlice(objectKey, offsetInObject, length, crc32c, compressed);
  }
}
