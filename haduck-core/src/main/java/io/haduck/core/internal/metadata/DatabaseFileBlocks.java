package io.haduck.core.internal.metadata;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Uninterruptible;
import io.haduck.core.internal.duckdb.BlockChecksum;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;

/**
 * The metadata blocks of a database file, which DuckDB may have open. A block that is read while it
 * is being written is read again. Not thread-safe.
 */
final class DatabaseFileBlocks implements MetadataBlocks {
  private static final int MOST_READS = 20;
  private static final long PARK_NANOS = Duration.ofMillis(10).toNanos();

  private final DatabaseFile file;
  private final DatabaseHeaders headers;

  /**
   * For the active header of {@code headers}. Whoever reads must look at the headers again
   * afterwards: what was read counts only if they are the same.
   */
  public DatabaseFileBlocks(DatabaseFile file, DatabaseHeaders headers) {
    this.file = file;
    this.headers = headers;
  }

  @Override
  public byte[] read(int id) throws IOException {
    byte[] block = new byte[headers.active().blockSize()];
    for (int reads = 1; ; reads++) {
      try {
        file.read(headers.blockPosition(id), block, 0, block.length);
      } catch (EOFException e) {
        throw new CorruptDataException(
            file + ": metadata block " + id + " lies behind the end of the file", e);
      }
      if (BlockChecksum.holds(block, 0, block.length)) {
        return block;
      }
      if (reads == MOST_READS) {
        throw new CorruptDataException(
            file + ": the checksum of metadata block " + id + " does not hold");
      }
      Uninterruptible.park(PARK_NANOS);
    }
  }
}
