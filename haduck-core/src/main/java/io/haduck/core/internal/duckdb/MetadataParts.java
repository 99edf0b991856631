package io.haduck.core.internal.duckdb;

import java.util.Arrays;

/**
 * The 64 sub-blocks of a metadata block, of which DuckDB rewrites those that no header uses while
 * the others keep their bytes (docs/internals/duckdb-files.md#what-a-checkpoint-may-change; DuckDB:
 * {@code MetadataManager}).
 */
public final class MetadataParts {
  private MetadataParts() {}

  /** How long each sub-block of a block is, in bytes. */
  static int length(int blockSize) {
    return ((blockSize - BlockChecksum.BYTES) / MetadataPointer.SUB_BLOCKS) & ~7;
  }

  /**
   * Whether two copies of a metadata block are the same where a header uses it. The checksum of the
   * block covers the rest too and does not count.
   *
   * @param free a bit for each sub-block that is not used, the lowest for the first; see {@link
   *     FreeList#freeParts}
   */
  public static boolean usedAreEqual(byte[] one, byte[] other, long free) {
    if (one.length != other.length) {
      return false;
    }
    int length = length(one.length);
    for (int part = 0; part < MetadataPointer.SUB_BLOCKS; part++) {
      int from = BlockChecksum.BYTES + part * length;
      boolean used = (free >>> part & 1) == 0;
      if (used && !Arrays.equals(one, from, from + length, other, from, from + length)) {
        return false;
      }
    }
    return true;
  }
}
