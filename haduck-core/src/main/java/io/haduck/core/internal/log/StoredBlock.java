package io.haduck.core.internal.log;

/**
 * One entry of a changeset's block index: a block's content and where its bytes are.
 *
 * @param blockId DuckDB's block id, not negative
 * @param hash of the raw bytes
 * @param object 0 is the inline data of the same changeset; from 1 on come its segments, and after
 *     the last one the earlier objects
 * @param offset in bytes: relative to the inline data, or absolute in another object; below 2^32
 * @param storedLength in bytes; the block size if not compressed, less than it if compressed
 * @param crc32c of the stored bytes
 * @param compressed whether the stored bytes are a zstd frame
 * @param checksumInvalid whether DuckDB's own checksum does not hold in this block
 *     (docs/internals/duckdb-files.md#the-database-file: it can be so for good); it is shipped as
 *     it is
 */
public record StoredBlock(
    int blockId,
    BlockHash hash,
    int object,
    long offset,
    int storedLength,
    int crc32c,
    boolean compressed,
    boolean checksumInvalid) {

  /** Checks each value for itself; {@link Changeset} checks them against their surroundings. */
  public StoredBlock {
    if (blockId < 0 || object < 0 || offset < 0 || offset > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "block " + blockId + " in object " + object + " at offset " + offset);
    }
    if (storedLength <= 0 || storedLength > DatabaseIdentity.MAX_BLOCK_SIZE) {
      throw new IllegalArgumentException("block " + blockId + " has stored length " + storedLength);
    }
  }

  /** The entry of a block whose bytes were put at {@code offset} of {@code object}. */
  public static StoredBlock of(
      int blockId,
      BlockHash hash,
      StoredBytes stored,
      int object,
      long offset,
      boolean checksumInvalid) {
    return new StoredBlock(
        blockId,
        hash,
        object,
        offset,
        stored.length(),
        stored.crc32c(),
        stored.compressed(),
        checksumInvalid);
  }

  /** The entry of a block whose bytes lie where the slice says, in what is {@code object} here. */
  static StoredBlock of(
      int blockId, BlockHash hash, int object, ObjectSlice slice, boolean checksumInvalid) {
    return new StoredBlock(
        blockId,
        hash,
        object,
        slice.offset(),
        slice.storedLength(),
        slice.crc32c(),
        slice.compressed(),
        checksumInvalid);
  }

  /** Whether the stored length is one that a block of {@code blockSize} bytes can have. */
  boolean fits(int blockSize) {
    return compressed ? storedLength < blockSize : storedLength == blockSize;
  }
}
