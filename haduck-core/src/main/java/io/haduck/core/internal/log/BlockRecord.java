package io.haduck.core.internal.log;

/**
 * The 32 bytes that changesets and snapshots hold per block: hash, object, offset, stored length
 * with two flags, CRC32C.
 */
final class BlockRecord {
  static final int LENGTH = 32;

  private static final int COMPRESSED = 1 << 31;
  private static final int CHECKSUM_INVALID = 1 << 30;

  private BlockRecord() {}

  static void write(
      Output out, BlockHash hash, int object, int offset, int lengthAndFlags, int crc32c) {
    out.blockHash(hash).i32(object).i32(offset).i32(lengthAndFlags).i32(crc32c);
  }

  static StoredBlock read(Input in, int blockId) {
    BlockHash hash = in.blockHash();
    int object = in.i32Between(0, Integer.MAX_VALUE, "the object of block " + blockId);
    long offset = in.u32();
    int lengthAndFlags = in.i32();
    return new StoredBlock(
        blockId,
        hash,
        object,
        offset,
        storedLength(lengthAndFlags),
        in.i32(),
        compressed(lengthAndFlags),
        checksumInvalid(lengthAndFlags));
  }

  static int lengthAndFlags(StoredBlock block) {
    return block.storedLength()
        | (block.compressed() ? COMPRESSED : 0)
        | (block.checksumInvalid() ? CHECKSUM_INVALID : 0);
  }

  static int storedLength(int lengthAndFlags) {
    return lengthAndFlags & ~(COMPRESSED | CHECKSUM_INVALID);
  }

  static boolean compressed(int lengthAndFlags) {
    return (lengthAndFlags & COMPRESSED) != 0;
  }

  static boolean checksumInvalid(int lengthAndFlags) {
    return (lengthAndFlags & CHECKSUM_INVALID) != 0;
  }
}
