package io.haduck.core.internal.local;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFileLock;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * How a restored database gets a name that no file has, on a file system without hard links: an
 * empty file takes the name, which fails if it is taken, and the database is renamed over that,
 * while DuckDB's own lock is on it. So a database that somebody else makes meanwhile is never
 * hidden by it.
 *
 * <p>A process that is killed between the two leaves an empty file. {@code F.haduck-next}, which is
 * written before, says that it is nobody's.
 */
public final class ReservedName {
  private ReservedName() {}

  /**
   * Gives an image its name.
   *
   * @throws LocalFileException if a file has that name, or gets it meanwhile
   */
  public static void take(LocalFiles files, Path image, FileSteps steps) throws IOException {
    Path database = files.database();
    steps.before("take the database's name");
    try {
      DatabaseFiles.createEmpty(database);
    } catch (FileAlreadyExistsException e) {
      throw appeared(database, e);
    }
    steps.before("lock the database's name");
    try (DatabaseFileLock held = DatabaseFileLock.acquire(database)) {
      if (Files.size(held.path()) > 0) {
        throw appeared(database, null);
      }
      steps.before("rename the database");
      try {
        Files.move(
            image,
            held.path(),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        Files.delete(held.path());
        throw e;
      }
    }
  }

  /**
   * Deletes the empty file that a restore left, unless somebody has made a database of it. For the
   * holder of the process lock, and only where {@code F.haduck-next} is there.
   */
  static void giveUp(LocalFiles files) throws IOException {
    if (!isEmptyFile(files.database())) {
      return;
    }
    try (DatabaseFileLock held = DatabaseFileLock.acquire(files.database())) {
      if (isEmptyFile(held.path())) {
        Files.delete(held.path());
      }
    } catch (NoSuchFileException e) {
      // Gone already.
    }
  }

  private static boolean isEmptyFile(Path file) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == 0;
  }

  /** What to say of a file that was not there when the restore began. */
  public static LocalFileException appeared(Path database, @Nullable Throwable cause) {
    return new LocalFileException(
        database + " appeared while it was being restored; it was left alone", cause);
  }
}
