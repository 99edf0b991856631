package io.haduck.core.internal.local;

/**
 * Tells haduck's record from a database by its size alone. {@code F.haduck} is a name that somebody
 * may give to a database of his own, and opening that one, where DuckDB has it open in this JVM,
 * would drop DuckDB's lock on it (docs/internals/duckdb-files.md#the-lock-trap). A database is
 * three headers of 4 KiB and blocks of a multiple of that; a record is never made so long.
 */
public final class RecordSize {
  private static final long SECTOR = 4096;
  private static final long HEADERS = 3 * SECTOR;

  private RecordSize() {}

  /** Whether a file of so many bytes may be a database. */
  public static boolean isOfADatabase(long bytes) {
    return bytes >= HEADERS && bytes % SECTOR == 0;
  }
}
