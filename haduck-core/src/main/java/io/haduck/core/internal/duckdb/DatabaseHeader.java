package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One of the two slots that checkpoints write in turn (DuckDB's {@code DatabaseHeader}).
 *
 * @param iteration grows by one with each checkpoint, 0 in a new database
 * @param metaBlockPointer where the catalog begins
 * @param freeListPointer where the free list begins, see {@link FreeList}
 * @param blockCount blocks that the file has; the last of them may be free and already cut off the
 *     file
 * @param blockSize bytes of a block, checksum included: a power of two from 16384 to 262144
 * @param vectorSize rows of DuckDB's vectors, 2048 in all builds that are published
 * @param storageVersion as DuckDB writes it: 1 to 7 before storage version 2.0 (a serialization
 *     version), from there on the storage version, 69 and up
 */
public record DatabaseHeader(
    long iteration,
    MetadataPointer metaBlockPointer,
    MetadataPointer freeListPointer,
    long blockCount,
    int blockSize,
    long vectorSize,
    long storageVersion) {
  /** Bytes of a slot in the file. */
  static final int BYTES = 4096;

  private static final long DEFAULT_BLOCK_SIZE = 262144;
  private static final long SMALLEST_BLOCK_SIZE = 16384;
  private static final long DEFAULT_VECTOR_SIZE = 2048;
  private static final long NEWEST_SERIALIZATION_VERSION = 7;

  /** Some old DuckDB wrote a storage version where a serialization version belongs. */
  private static final long MISWRITTEN_SERIALIZATION_VERSION = 64;

  private static final long NEWEST_STORAGE_VERSION = 69;

  /**
   * Decodes the slot at {@code position}.
   *
   * @throws CorruptDataException if its checksum does not hold or its content is impossible
   * @throws UnsupportedDatabaseException if its storage version is unknown
   */
  static DatabaseHeader parse(byte[] file, int position) {
    String slot = "The database header at position " + position;
    if (!BlockChecksum.holds(file, position, BYTES)) {
      throw new CorruptDataException(slot + ": its checksum does not hold");
    }
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(position + BlockChecksum.BYTES);
    long iteration = bytes.getLong();
    MetadataPointer metaBlock = new MetadataPointer(bytes.getLong());
    MetadataPointer freeList = new MetadataPointer(bytes.getLong());
    long blockCount = bytes.getLong();
    long blockSize = bytes.getLong();
    long vectorSize = bytes.getLong();
    long storageVersion = bytes.getLong();
    if (blockSize == 0) {
      blockSize = DEFAULT_BLOCK_SIZE;
    }
    if (vectorSize == 0) {
      vectorSize = DEFAULT_VECTOR_SIZE;
    }
    require(iteration >= 0, slot, "iteration", iteration);
    require(blockCount >= 0 && blockCount <= Integer.MAX_VALUE, slot, "block count", blockCount);
    require(
        blockSize >= SMALLEST_BLOCK_SIZE
            && blockSize <= DEFAULT_BLOCK_SIZE
            && Long.bitCount(blockSize) == 1,
        slot,
        "block size",
        blockSize);
    require(metaBlock.isWithin(blockCount), slot, "meta block pointer", metaBlock.raw());
    require(freeList.isWithin(blockCount), slot, "free list pointer", freeList.raw());
    if ((storageVersion < 0 || storageVersion > NEWEST_SERIALIZATION_VERSION)
        && storageVersion != MISWRITTEN_SERIALIZATION_VERSION
        && storageVersion != NEWEST_STORAGE_VERSION) {
      throw new UnsupportedDatabaseException(
          slot
              + " has storage version "
              + Long.toUnsignedString(storageVersion)
              + ", unknown to this haduck, which knows those of DuckDB 0.10 to 2.0. Use a newer haduck, or no replica");
    }
    return new DatabaseHeader(
        iteration, metaBlock, freeList, blockCount, (int) blockSize, vectorSize, storageVersion);
  }

  private static void require(boolean possible, String slot, String field, long found) {
    if (!possible) {
      throw new CorruptDataException(
          slot + ": impossible " + field + " " + Long.toUnsignedString(found));
    }
  }
}
