package io.haduck.core.internal.local;

import io.haduck.core.LocalFileException;
import io.haduck.core.store.Ownership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this process may use the files of a database, as where another user has made them: found
 * out before anything is done to them, and said with whose they are, who this process is and what
 * to do. Asks by {@code access} and {@code stat}, which open nothing.
 */
public final class LocalPermissions {
  private static final Logger log = LoggerFactory.getLogger(LocalPermissions.class);

  private LocalPermissions() {}

  /**
   * Looks at all files that haduck and DuckDB open, but for the lock file. {@code F.haduck} is
   * replaced, and so need not be writable; with a write-ahead log that is not, DuckDB opens the
   * database, and fails to commit.
   *
   * @throws LocalFileException if this process may not use one of them
   */
  public static void require(LocalFiles files) {
    requireReadable(files.database());
    if (exists(files.database()) && !Files.isWritable(files.database())) {
      throw new LocalFileException("this process may not write " + existing(files.database()));
    }
    requireReadable(files.record());
    requireReadable(files.nextRecord());
    for (Path wal : List.of(files.wal().wal(), files.wal().checkpoint(), files.wal().recovery())) {
      requireReadable(wal);
      if (exists(wal) && !Files.isWritable(wal)) {
        log.warn("DuckDB will fail to commit: this process may not write {}", existing(wal));
      }
    }
  }

  private static void requireReadable(Path file) {
    if (exists(file) && !Files.isReadable(file)) {
      throw new LocalFileException("this process may not read " + existing(file));
    }
  }

  private static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(file);
  }

  /**
   * Why a lock file could not be made or locked.
   *
   * @param failure what the system said
   */
  static LocalFileException ofLock(Path lock, IOException failure) {
    if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
      return new LocalFileException("cannot lock (" + failure + ") " + existing(lock), failure);
    }
    return new LocalFileException(
        "cannot create "
            + lock
            + " ("
            + failure
            + "); haduck needs write permission in the database's directory, which "
            + whose(lock.resolveSibling("").normalize()),
        failure);
  }

  private static String existing(Path file) {
    return file
        + ", which exists and "
        + whose(file)
        + ". Run as the user who made it, or give this user the database with all that lies beside it, F, F.wal,"
        + " F.haduck and F.haduck-lock, and write permission in their directory (chown, chmod); delete nothing";
  }

  private static String whose(Path path) {
    return Ownership.beside(path) + fileSystem(path);
  }

  private static String fileSystem(Path path) {
    try {
      return Files.getFileStore(path).isReadOnly()
          ? "; its file system is mounted read-only"
          : "; if that should do, look for an access control list, or chattr +i";
    } catch (IOException e) {
      return "";
    }
  }
}
