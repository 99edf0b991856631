package io.haduck.core.follower;

import io.haduck.core.internal.duckdb.WalFiles;
import java.nio.file.Path;

/**
 * The files of one copy, in a directory of their own.
 *
 * @param directory real, without symbolic links
 * @param database has the same name in all copies, and so the same name in DuckDB
 * @param wal beside it, as DuckDB expects it
 * @param stream of the write-ahead log, where {@code wal} is not the same
 * @param journal see {@link CopyJournal}
 */
record CopyFiles(Path directory, Path database, WalFiles wal, Path stream, Path journal) {
  static CopyFiles in(Path directory, Path fileName) {
    Path database = directory.resolve(fileName);
    return new CopyFiles(
        directory,
        database,
        WalFiles.of(database),
        directory.resolve("haduck-stream"),
        directory.resolve("haduck-journal"));
  }
}
