package io.haduck.core.internal.log;

import java.util.regex.Pattern;

/**
 * Which DuckDB database a changeset describes, and where in its life.
 *
 * @param identifier the 16 bytes at offset 124 of the file as 32 lower-case hexadecimal digits; all
 *     zero for storage versions before 1.4
 * @param storageVersion of the active database header
 * @param blockSize in bytes; a power of two from 16384 to 262144
 * @param iteration of the active database header
 * @param blockCount every block id of the image is below it: the active header's block count, or
 *     more if the write-ahead log names blocks beyond that
 */
public record DatabaseIdentity(
    String identifier, long storageVersion, int blockSize, long iteration, long blockCount) {
  private static final Pattern IDENTIFIER = Pattern.compile("[0-9a-f]{32}");

  /** DuckDB's smallest block size, in bytes. */
  public static final int MIN_BLOCK_SIZE = 16 << 10;

  /** DuckDB's largest block size, in bytes, and its default. */
  public static final int MAX_BLOCK_SIZE = 256 << 10;

  /** Checks each value for itself. */
  public DatabaseIdentity {
    if (!IDENTIFIER.matcher(identifier).matches()) {
      throw new IllegalArgumentException("identifier '" + identifier + "' is not 32 hex digits");
    }
    if (blockSize < MIN_BLOCK_SIZE
        || blockSize > MAX_BLOCK_SIZE
        || Integer.bitCount(blockSize) != 1) {
      throw new IllegalArgumentException("block size " + blockSize);
    }
    if (storageVersion < 0 || iteration < 0) {
      throw new IllegalArgumentException(
          "storage version " + storageVersion + ", iteration " + iteration);
    }
    if (blockCount < 0 || blockCount > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("block count " + blockCount);
    }
  }
}
