package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import org.jspecify.annotations.Nullable;

/**
 * Turns the stored bytes of blocks into the blocks, and proves each one: length, CRC32C, zstd
 * frame, hash. Safe for any number of threads.
 */
public final class BlockReader {
  private final BlockCompression compression;
  private final int blockSize;

  /** For the blocks of one database, whose block size is in bytes. */
  public BlockReader(BlockCompression compression, int blockSize) {
    this.compression = compression;
    this.blockSize = blockSize;
  }

  /**
   * Restores one block into a new array.
   *
   * @param hash that the block must have
   * @param stored holds the stored bytes, {@code location.storedLength()} of them
   * @param offset where in {@code stored} they begin
   * @throws CorruptDataException if they are not that block; names object, block and offset
   */
  public byte[] read(
      int blockId, BlockHash hash, BlockLocation location, byte[] stored, int offset) {
    byte[] raw = new byte[blockSize];
    read(blockId, hash, location, stored, offset, raw, 0);
    return raw;
  }

  /** As the other method, into an array at {@code rawOffset}. */
  public void read(
      int blockId,
      BlockHash hash,
      BlockLocation location,
      byte[] stored,
      int offset,
      byte[] raw,
      int rawOffset) {
    int length = location.storedLength();
    if (length > stored.length - offset || (!location.compressed() && length != blockSize)) {
      throw corrupt(blockId, location, "found " + (stored.length - offset) + " bytes", null);
    }
    int crc32c = BlockCompression.crc32c(stored, offset, length);
    if (crc32c != location.crc32c()) {
      throw corrupt(
          blockId,
          location,
          "expected CRC32C "
              + Integer.toHexString(location.crc32c())
              + ", found "
              + Integer.toHexString(crc32c),
          null);
    }
    if (location.compressed()) {
      try {
        compression.decompress(stored, offset, length, raw, rawOffset, blockSize);
      } catch (CorruptDataException e) {
        throw corrupt(blockId, location, String.valueOf(e.getMessage()), e);
      }
    } else {
      System.arraycopy(stored, offset, raw, rawOffset, blockSize);
    }
    BlockHash found = BlockHash.of(raw, rawOffset, blockSize);
    if (!found.equals(hash)) {
      throw corrupt(blockId, location, "expected hash " + hash + ", found " + found, null);
    }
  }

  private static CorruptDataException corrupt(
      int blockId, BlockLocation location, String problem, @Nullable Throwable cause) {
    return new CorruptDataException(
        location.objectKey()
            + " at offset "
            + location.offset()
            + ", block "
            + blockId
            + " in "
            + location.storedLength()
            + " bytes: "
            + problem
            + "; the object is damaged: "
            + Input.WHAT_TO_DO,
        cause);
  }
}
