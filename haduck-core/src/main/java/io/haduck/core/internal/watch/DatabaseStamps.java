package io.haduck.core.internal.watch;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.FileIdentity;
import io.haduck.core.internal.duckdb.FileStat;
import io.haduck.core.internal.duckdb.ObservationSteps;
import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.core.internal.duckdb.WalStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Asks stat whether a database file and its WAL files may have changed since they were read, and
 * whether the file at the path is still ours. Safe for any thread.
 */
final class DatabaseStamps {
  private final DatabaseFile file;
  private final Path path;
  private final WalFiles walFiles;
  private final ObservationSteps steps;

  /** By which stat names the file at {@code path} while it is ours; null until that was proven. */
  private volatile @Nullable Object ownKey;

  /** Of the database and its WAL files. */
  record All(FileStat database, WalStats wal) {
    /** Whether a later write to any of them shows. */
    boolean areSettled() {
      return database.isSettled() && isSettled(wal.wal()) && isSettled(wal.checkpoint());
    }

    private static boolean isSettled(@Nullable FileStat stat) {
      return stat == null || stat.isSettled();
    }
  }

  DatabaseStamps(DatabaseFile file, WalFiles walFiles, ObservationSteps steps) {
    this.file = file;
    this.path = file.path();
    this.walFiles = walFiles;
    this.steps = steps;
  }

  /**
   * What stat says now, of the database first.
   *
   * @throws LocalFileException if the file at its path is another one
   */
  All now() throws IOException {
    return new All(
        ofDatabase(),
        new WalStats(
            FileStat.of(walFiles.wal(), steps), FileStat.of(walFiles.checkpoint(), steps)));
  }

  /**
   * What stat says of the database, which must be the one whose channel is open: a WAL beside
   * another file at its path is not its WAL.
   */
  FileStat ofDatabase() throws IOException {
    FileStat stat = FileStat.of(path, steps);
    try {
      if (stat == null || !stat.key().equals(ownKey())) {
        throw notOurs(null);
      }
      return stat;
    } catch (NoSuchFileException e) {
      throw notOurs(e);
    }
  }

  private Object ownKey() throws IOException {
    Object known = ownKey;
    if (known != null) {
      return known;
    }
    Object before = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    boolean ours = FileIdentity.of(path).equals(file.fileKey());
    Object after = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    if (!ours || before == null || !before.equals(after)) {
      throw notOurs(null);
    }
    ownKey = before;
    return before;
  }

  private LocalFileException notOurs(@Nullable IOException cause) {
    return new LocalFileException(
        path
            + " was deleted or replaced by somebody else while it was replicated; nothing of it is sent any more. If it"
            + " was renamed, rename it back. If DuckDB has it open, what was committed since is in a file without a"
            + " name: copy what is needed through an open connection (COPY FROM DATABASE), then close all connections"
            + " and open it anew",
        cause);
  }
}
