package io.haduck.core.internal.local;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.WalFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The stamps of a database and all its WAL files together, so that what was judged is replaced only
 * if nobody has changed any of them since.
 *
 * @param database empty if there is none; so for the others
 */
public record LocalStamps(
    Optional<FileStamp> database,
    Optional<FileStamp> wal,
    Optional<FileStamp> checkpoint,
    Optional<FileStamp> recovery) {
  public static LocalStamps of(LocalFiles files) throws IOException {
    return of(files.database(), files.wal());
  }

  public static LocalStamps of(Path database, WalFiles wal) throws IOException {
    return new LocalStamps(
        stamp(database), stamp(wal.wal()), stamp(wal.checkpoint()), stamp(wal.recovery()));
  }

  private static Optional<FileStamp> stamp(Path file) throws IOException {
    try {
      return Optional.of(FileStamp.of(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether these are the files of another name, or what is left of them: a restore that was killed
   * may have deleted the write-ahead log already, when all of it had that name.
   */
  public boolean isWithin(LocalStamps other) {
    return database.equals(other.database)
        && (wal.isEmpty() || wal.equals(other.wal))
        && (checkpoint.isEmpty() || checkpoint.equals(other.checkpoint))
        && (recovery.isEmpty() || recovery.equals(other.recovery));
  }

  /**
   * Fails if somebody has changed the files since.
   *
   * @throws LocalFileException if they are not as they were
   */
  public void requireUnchanged(LocalFiles files) throws IOException {
    if (!equals(of(files))) {
      throw new LocalFileException(
          files.database()
              + " or its WAL was changed by somebody else while it was being brought up to date;"
              + " it was left alone. Close it there and try again");
    }
  }
}
