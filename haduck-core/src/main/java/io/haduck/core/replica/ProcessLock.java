package io.haduck.core.replica;

import io.haduck.core.LocalFileException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.store.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code F.haduck-lock}: one haduck at a time, of all processes and of all class loaders of this
 * one. The file is created once and never deleted. Held until closed or until the process ends.
 */
final class ProcessLock implements AutoCloseable {
  private final Path file;
  private final Path database;
  private final LockFile lock;

  private ProcessLock(Path file, Path database, LockFile lock) {
    this.file = file;
    this.database = database;
    this.lock = lock;
  }

  /**
   * Takes the lock of a database.
   *
   * @throws LocalFileException if another process, or this one elsewhere, holds it, or the file
   *     cannot be made
   */
  static ProcessLock take(LocalFiles files) {
    Path file = files.lock();
    if (Files.isDirectory(file)) {
      throw new LocalFileException(
          file + " is a directory where haduck's lock file belongs; move it away");
    }
    LockFile.Attempt attempt;
    try {
      attempt = LockFile.tryTake(file);
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot create or lock "
              + file
              + " ("
              + e
              + "); haduck needs write permission in the database's directory",
          e);
    }
    LockFile taken = attempt.taken();
    if (taken == null) {
      throw new LocalFileException(
          file
              + " is locked by "
              + attempt.holder()
              + ", which has this database open with haduck or restores it. One haduck at a time does so: close its"
              + " connections there and call Haduck.shutdown() there, or end it");
    }
    return new ProcessLock(file, files.database(), taken);
  }

  /** Also lets go of the database file: only who holds this lock reads it. */
  @Override
  public void close() {
    DatabaseFile.letGo(database);
    try {
      lock.close();
    } catch (IOException e) {
      throw new LocalFileException("cannot release " + file + ": " + e, e);
    }
  }
}
