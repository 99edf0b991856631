package io.haduck.core.internal.local;

import io.haduck.core.LocalFileException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.store.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code F.haduck-lock}: one haduck at a time, of all processes and of all class loaders of this
 * one. The file is created once and never deleted. Held until closed or until the process ends.
 */
public final class ProcessLock implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ProcessLock.class);

  private static final long LOOK_EVERY = TimeUnit.MILLISECONDS.toNanos(100);

  private final Path file;
  private final Path database;
  private final LockFile lock;

  private ProcessLock(Path file, Path database, LockFile lock) {
    this.file = file;
    this.database = database;
    this.lock = lock;
  }

  /**
   * Takes the lock of a database at once.
   *
   * @throws LocalFileException if another process, or this one elsewhere, holds it, or the file
   *     cannot be made
   */
  public static ProcessLock take(LocalFiles files) {
    return take(files, Duration.ZERO, Ticker.system());
  }

  /**
   * Takes the lock of a database, and waits for a process that is about to end.
   *
   * @param longest how long to wait; null for ever
   * @throws LocalFileException as of {@link #take(LocalFiles)}; or if the thread was interrupted,
   *     which stays so
   */
  public static ProcessLock take(LocalFiles files, @Nullable Duration longest, Ticker ticker) {
    long begun = ticker.nanos();
    boolean told = false;
    while (true) {
      long left = longest == null ? LOOK_EVERY : longest.toNanos() - (ticker.nanos() - begun);
      ProcessLock taken = tryTake(files, left <= 0 || Thread.currentThread().isInterrupted());
      if (taken != null) {
        return taken;
      }
      if (!told) {
        log.info("waiting for {}, which another process has locked", files.lock());
        told = true;
      }
      LockSupport.parkNanos(Math.min(left, LOOK_EVERY));
    }
  }

  /** Null if somebody else has it, and that is to be waited for. */
  private static @Nullable ProcessLock tryTake(LocalFiles files, boolean last) {
    Path file = files.lock();
    if (Files.isDirectory(file)) {
      throw new LocalFileException(
          file + " is a directory where haduck's lock file belongs; move it away");
    }
    boolean isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    LockFile.Attempt attempt;
    try {
      attempt = LockFile.tryTake(file);
    } catch (IOException e) {
      throw LocalPermissions.ofLock(file, e);
    }
    LockFile taken = attempt.taken();
    if (taken == null && !last) {
      return null;
    }
    if (taken == null) {
      throw new LocalFileException(
          file
              + " is locked by "
              + attempt.holder()
              + ", which has this database open with haduck or restores it. One haduck at a time does so: close its"
              + " connections there. If all are closed, it is kept open for haduck.linger (30 s unless set) to send"
              + " what is left: wait for that, call Haduck.shutdown() there, set haduck.linger=0s there, or end that"
              + " process");
    }
    if (isNew) {
      giveToOwnerOf(files.database(), file);
    }
    return new ProcessLock(file, files.database(), taken);
  }

  /**
   * One that root makes must be of use to whom the database belongs. By its path: to open it could
   * drop a lock on it.
   */
  private static void giveToOwnerOf(Path database, Path file) {
    try {
      FileRights.of(database).withOwnerWriting().give(file);
    } catch (IOException e) {
      log.debug("{} is not given to the owner of {}", file, database, e);
    }
  }

  /** Also lets go of the database file: only who holds this lock reads it. */
  @Override
  public void close() {
    DatabaseFiles.letGo(database);
    try {
      lock.close();
    } catch (IOException e) {
      throw new LocalFileException("cannot release " + file + ": " + e, e);
    }
  }
}
