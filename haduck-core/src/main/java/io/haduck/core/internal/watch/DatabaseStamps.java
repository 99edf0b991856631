package io.haduck.core.internal.watch;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.FileIdentity;
import io.haduck.core.internal.duckdb.LookSteps;
import io.haduck.core.internal.duckdb.WalFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What stat says of a database file and its WAL files: by it, whether they may have changed since
 * it was asked last. Safe for any thread.
 */
final class DatabaseStamps {
  private final DatabaseFile file;
  private final Path path;
  private final WalFiles walFiles;
  private final LookSteps steps;

  /** By which stat names the file at {@code path} while it is ours; null until that was proven. */
  private volatile @Nullable Object ownKey;

  /** Of one file. */
  record Stamp(long size, long mtimeNanos) {}

  /** Of the database and its WAL files; null for one that is not there. */
  record All(Stamp database, @Nullable Stamp wal, @Nullable Stamp checkpointWal) {
    /** The latest modification, in milliseconds since 1970. */
    long newestMillis() {
      long newest = database.mtimeNanos;
      newest = wal == null ? newest : Math.max(newest, wal.mtimeNanos);
      newest = checkpointWal == null ? newest : Math.max(newest, checkpointWal.mtimeNanos);
      return newest / 1_000_000;
    }
  }

  DatabaseStamps(DatabaseFile file, WalFiles walFiles, LookSteps steps) {
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
    return new All(ofDatabase(), stamp(walFiles.wal()), stamp(walFiles.checkpoint()));
  }

  /**
   * What stat says of the database, which must be the one whose channel is open: a WAL beside
   * another file at its path is not its WAL.
   */
  Stamp ofDatabase() throws IOException {
    steps.before("stat", path);
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (!Objects.equals(attributes.fileKey(), ownKey())) {
        throw notOurs(null);
      }
      return stamp(attributes);
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

  private @Nullable Stamp stamp(Path path) throws IOException {
    steps.before("stat", path);
    try {
      return stamp(Files.readAttributes(path, BasicFileAttributes.class));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static Stamp stamp(BasicFileAttributes attributes) {
    return new Stamp(attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
  }
}
