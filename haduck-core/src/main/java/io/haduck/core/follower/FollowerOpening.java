package io.haduck.core.follower;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.opening.UnsentChanges;
import io.haduck.core.store.DurableDirectories;
import io.haduck.core.store.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What comes before a follower's first copy is shown. For one thread. */
final class FollowerOpening {
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  /** What is here is served when the store has not answered for so long. */
  private static final Duration STALE_AFTER = Duration.ofSeconds(5);

  /** For so long a round of a follower that this process has closed may go on. */
  private static final Duration LONGEST_LOCK_WAIT = Duration.ofSeconds(30);

  private static final Duration LOCK_PAUSE = Duration.ofMillis(20);
  private static final String DIRECTORY = ".haduck-follower";
  private static final Logger log = LoggerFactory.getLogger(FollowerOpening.class);

  private final FollowerOptions options;
  private final LocalFiles files;
  private final Path directory;
  private final Supplier<Backoff> backoffs;

  /** One that has touched nothing yet. */
  FollowerOpening(FollowerOptions options) {
    requireKnownDescriptors();
    this.options = options;
    this.files = files(options);
    this.directory = files.beside(DIRECTORY);
    this.backoffs = backoffs();
  }

  private static Supplier<Backoff> backoffs() {
    var random = new Random();
    return () -> new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random);
  }

  Path directory() {
    return directory;
  }

  /** Reads the log, and shows a first copy. Under the lock. */
  Following begin(FollowerDatabase database) throws IOException {
    var following = new Following(options, files, directory, database, backoffs);
    if (beginsUnread(following)) {
      return following;
    }
    if (!options.standsBy()) {
      requireNothingUnsent(following.head());
    }
    following.start();
    return following;
  }

  private static void requireKnownDescriptors() {
    DatabaseFiles.requireSupportedSystem();
    if (!Files.isDirectory(Path.of("/proc/self/fd"))) {
      throw new UnsupportedDatabaseException(
          "A follower writes to a copy only when DuckDB has closed it, which this system does not tell; run it on"
              + " Linux");
    }
  }

  private static LocalFiles files(FollowerOptions options) {
    try {
      return LocalFiles.of(options.database());
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot follow as " + options.database() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Takes the lock on the copies. One that this process has, and has just ended following with, is
   * waited for.
   */
  LockFile lock() {
    try {
      Files.createDirectories(directory);
      DurableDirectories.sync(directory.resolveSibling("").normalize());
      Path file = directory.toRealPath().resolve("lock");
      long end = options.ticker().nanos() + lockWait().toNanos();
      LockFile.Attempt attempt = LockFile.tryTake(file);
      while (attempt.taken() == null
          && attempt.isHeldHere()
          && end - options.ticker().nanos() > 0
          && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(LOCK_PAUSE.toNanos());
        attempt = LockFile.tryTake(file);
      }
      LockFile taken = attempt.taken();
      if (taken == null) {
        throw new LocalFileException(
            file
                + " is locked by "
                + attempt.holder()
                + ", which follows with these copies. One process at a time does so: end it there, or give this one a"
                + " database path of its own");
      }
      return taken;
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot make the directory of a follower's copies, " + directory + ": " + e, e);
    }
  }

  private Duration lockWait() {
    Duration wait = options.openTimeout();
    return wait.compareTo(LONGEST_LOCK_WAIT) < 0 ? wait : LONGEST_LOCK_WAIT;
  }

  /** Gives it up. Never fails. */
  static void release(LockFile lock) {
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("a follower's lock cannot be released: {}", e.toString());
    }
  }

  /**
   * Reads the log, or shows a copy that is here while it cannot be read.
   *
   * @return whether it does the latter
   */
  private boolean beginsUnread(Following following) throws IOException {
    Duration patience = options.openTimeout();
    try {
      awaitLog(following, patience.compareTo(STALE_AFTER) < 0 ? patience : STALE_AFTER);
      return false;
    } catch (UnavailableException e) {
      // F may have changes that nobody sent, which only the log can tell.
      boolean mayServe = !options.standsBy() && !files.databaseExists() && !files.walExists();
      if (mayServe && following.startUnread(e)) {
        FollowedPosition shown = following.status(false).shown();
        log.warn(
            "{} is served as of seq {}, which was committed at {}, from the copy that is here: its replica {} does not"
                + " answer ({})",
            options.database(),
            shown.seq(),
            shown.time(),
            options.store(),
            e.getMessage());
        return true;
      }
      if (patience.compareTo(STALE_AFTER) <= 0) {
        throw e;
      }
      log.warn(
          "{} does not answer ({}), and there is no copy of it here: waiting for it",
          options.store(),
          e.getMessage());
    }
    awaitLog(following, patience.minus(STALE_AFTER));
    return false;
  }

  private void awaitLog(Following following, Duration patience) {
    long begun = options.ticker().nanos();
    boolean told = false;
    while (!readLog(following, patience)) {
      long waited = options.ticker().nanos() - begun;
      if (waited >= options.emptyWait().toNanos() || Thread.currentThread().isInterrupted()) {
        throw new DivergedException(
            "nothing to follow: "
                + EmptyReplica.text(options.store())
                + ". If it is the first start, start the writer first");
      }
      if (!told) {
        log.info("waiting for the first commit in {}", options.store());
        told = true;
      }
      LockSupport.parkNanos(options.pollInterval().toNanos());
    }
  }

  private boolean readLog(Following following, Duration patience) {
    long end = options.ticker().nanos() + patience.toNanos();
    return Retries.unlimited(backoffs)
        .runWhile(following::begin, () -> end - options.ticker().nanos());
  }

  private void requireNothingUnsent(LogState head) throws IOException {
    Optional<String> unsent = unsent(options, files, head, backoffs);
    if (unsent.isPresent()) {
      throw new DivergedException(
          unsent.get()
              + ". A follower would leave it aside. Open it once as a writer, so that it is sent, or move it away");
    }
  }

  /** A database that another process has is that one's to send. */
  private static Optional<String> unsent(
      FollowerOptions options, LocalFiles files, LogState head, Supplier<Backoff> backoffs)
      throws IOException {
    if (!files.databaseExists() && !files.walExists()) {
      return Optional.empty();
    }
    ProcessLock own;
    try {
      own = ProcessLock.take(files);
    } catch (LocalFileException e) {
      log.info(
          "{} is not looked at; if another process has it open, which sends what it has, nothing need be done: {}",
          files.database(),
          e.getMessage());
      return Optional.empty();
    }
    try (own) {
      return UnsentChanges.in(files, options.store(), head, backoffs);
    }
  }

  /** As {@link Follower#unsentChanges}. */
  static Optional<String> unsentChanges(FollowerOptions options) {
    LocalFiles files = files(options);
    try {
      Optional<LogState> head = new ReplicationLog(options.store()).loadLatest(LoadProgress.NONE);
      return head.isEmpty() ? Optional.empty() : unsent(options, files, head.get(), backoffs());
    } catch (IOException e) {
      throw new LocalFileException("cannot look at " + files.database() + ": " + e, e);
    }
  }
}
