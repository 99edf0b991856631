package io.haduck.core.replica;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.DatabaseNotReadyException;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.FileWatcher;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database file while it is replicated: begins to observe it when DuckDB opens it, and listens
 * for its events. Opening and closing are for one thread at a time, the rest for any.
 */
final class WatchedDatabase {
  private static final Logger log = LoggerFactory.getLogger(WatchedDatabase.class);
  private static final int READS_OF_A_NEW_FILE = 200;

  private final LocalFiles files;
  private final FileWatcher watcher;
  private volatile @Nullable DatabaseObserver observer;
  private volatile FileWatcher.@Nullable Registration registration;

  WatchedDatabase(LocalFiles files, FileWatcher watcher) {
    this.files = files;
    this.watcher = watcher;
  }

  /** Returns who observes the file; null until it was opened for the first time. */
  @Nullable DatabaseObserver observer() {
    return observer;
  }

  /** Returns whether the file that is observed is still the one at its path. */
  boolean isAtPath() {
    DatabaseObserver current = observer;
    try {
      return current == null || current.file().isAtPath();
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns whether the operating system tells of changes. */
  boolean receivesEvents() {
    FileWatcher.Registration current = registration;
    return current != null && current.receivesEvents();
  }

  /**
   * DuckDB is about to open the file.
   *
   * @param inLog whether the log holds the blocks of what is seen, but for those that commits in
   *     the WAL name, so that only these and what comes now can differ
   */
  void opening(Predicate<Observation> inLog) {
    if (!files.databaseExists()) {
      return; // DuckDB will make it
    }
    try {
      // Where the system does not tell, a file that was open before may still be.
      OptionalInt before = DatabaseFiles.descriptorsInThisProcess(files.database());
      boolean closed = before.isPresent() ? before.getAsInt() == 0 : observer == null;
      begin(closed, inLog);
      DatabaseObserver current = observer;
      if (closed
          && current != null
          && DatabaseFiles.descriptorsInThisProcess(files.database()).orElse(0) > 0) {
        current.joinInstance(); // by a plain connection, while this one observed
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** DuckDB has opened the file. */
  void opened(Predicate<Observation> inLog, Runnable onEvent) {
    try {
      if (observer == null) {
        // A database without a block has no history that could have been missed.
        begin(awaitHeaders().active().blockCount() == 0, inLog);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (registration == null) {
      registration = watcher.watch(files.database(), onEvent);
    }
  }

  private void begin(boolean closed, Predicate<Observation> inLog) throws IOException {
    DatabaseFile file = DatabaseFiles.open(files.database());
    if (file.readHeaders().main().encrypted()) {
      throw new UnsupportedDatabaseException(
          files.database()
              + " is encrypted: haduck cannot replicate encrypted databases yet. Open it without a"
              + " replica, or copy it into an unencrypted database");
    }
    DatabaseObserver known = observer;
    DatabaseObserver current = known == null ? new DatabaseObserver(file) : known;
    Observation seen = closed ? current.beginInstance() : current.joinInstance();
    if (inLog.test(seen)) {
      current.blocksCommitted(seen);
    } else if (known == null) {
      current.distrustPast();
    }
    observer = current;
  }

  /** A database that DuckDB has just made may not have its headers for a moment. */
  private DatabaseHeaders awaitHeaders() throws IOException {
    for (int reads = 1; ; reads++) {
      try {
        return DatabaseFiles.open(files.database()).readHeaders();
      } catch (DatabaseNotReadyException e) {
        if (reads == READS_OF_A_NEW_FILE) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
  }

  /** DuckDB has closed the file; no events are wanted any more. */
  void closed() {
    FileWatcher.Registration current = registration;
    registration = null;
    if (current != null) {
      current.close();
    }
  }

  /** Lets go of the WAL files; of the database file itself {@link ProcessLock} does. */
  void closeWal() {
    DatabaseObserver current = observer;
    try {
      if (current != null) {
        current.wal().close();
      }
    } catch (IOException e) {
      log.debug("cannot close the WAL of {}", files.database(), e);
    }
  }

  /**
   * Returns whether anything may have happened since it was last observed, judged by a few calls of
   * stat.
   */
  boolean mayHaveChanged() {
    DatabaseObserver current = observer;
    return current != null && current.mayHaveChanged();
  }

  /**
   * Returns where the database is now.
   *
   * @throws LocalFileException if it cannot be read
   */
  DatabasePosition position() {
    DatabaseObserver current = observer;
    if (current == null) {
      throw new IllegalStateException("the database was not opened yet: " + files.database());
    }
    try {
      return current.observeMoment().position();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * As {@link #position}, with the sequence values; costs three calls of stat if nothing was
   * written since it was last observed.
   */
  CommitMark mark() {
    DatabaseObserver current = observer;
    if (current == null) {
      throw new IllegalStateException("the database was not opened yet: " + files.database());
    }
    try {
      DatabaseMoment last = current.mayHaveChanged() ? null : current.lastMoment();
      DatabaseMoment seen = last == null ? current.observeMoment() : last;
      return seen.mark();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** As {@link #position}, or nothing if that is not to be had. */
  DatabasePosition positionIfReadable() {
    try {
      return observer == null ? DatabasePosition.NONE : position();
    } catch (HaduckException e) {
      log.debug("observing {} failed; the replicating thread will see it too", files.database(), e);
      return DatabasePosition.NONE;
    }
  }

  /** Returns where the database was when it was last observed. */
  DatabasePosition lastPosition() {
    DatabaseObserver current = observer;
    DatabaseMoment last = current == null ? null : current.lastMoment();
    return last == null ? DatabasePosition.NONE : last.position();
  }

  /**
   * Returns the iteration of the file now, or -1 if that is not to be had. Follows it if it has
   * moved.
   */
  long iterationIfReadable() {
    DatabaseObserver current = observer;
    try {
      return current == null ? -1 : current.observeHeaders().active().iteration();
    } catch (IOException | HaduckException e) {
      log.debug("observing {} failed; the replicating thread will see it too", files.database(), e);
      return -1;
    }
  }

  /** Returns how many iterations passed unseen. */
  long missedIterations() {
    DatabaseObserver current = observer;
    return current == null ? 0 : current.missedIterations();
  }

  /** Returns what to say of a failure to read. */
  LocalFileException unreadable(IOException e) {
    DatabaseObserver current = observer;
    return current != null
        ? current.unreadable(e)
        : new LocalFileException("cannot read " + files.database() + ": " + e, e);
  }

  /** Returns what to say if the file is not the one that is known. */
  DivergedException replaced() {
    return new DivergedException(
        files.database()
            + " was deleted or replaced while its replica was open. Close all connections, wait for"
            + " linger to pass, and open it anew");
  }
}
