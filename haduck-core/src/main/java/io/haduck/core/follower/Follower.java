package io.haduck.core.follower;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.PositionToken;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a replica that another process writes: keeps copies of the database at its newest state
 * and shows them to DuckDB, one after the other (docs/internals/followers.md). Never writes to the
 * replica, and never touches the database F itself.
 *
 * <p>Safe for any thread. A daemon thread of its own looks at the log; nothing waits for it but
 * {@link #await}.
 */
public final class Follower implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Follower.class);
  private static final String DIRECTORY = ".haduck-follower";
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  private final FollowerOptions options;
  private final LockFile lock;
  private final Following following;

  /** Held over each round; only its holder calls {@link #following}, but for its status. */
  private final ReentrantLock rounds = new ReentrantLock();

  /** Waited on, and woken when something was shown. */
  private final Object news = new Object();

  private final Thread thread;

  @GuardedBy("news")
  private int waiting;

  /** Counts rounds that have ended. */
  @GuardedBy("news")
  private long rounded;

  private volatile boolean lookNow;
  private volatile boolean closed;

  private Follower(FollowerOptions options, LockFile lock, Following following) {
    this.options = options;
    this.lock = lock;
    this.following = following;
    this.thread = DaemonThreads.named("haduck-follower").newThread(this::run);
  }

  /**
   * Opens a follower: brings a copy to the replica's head and shows it, then goes on by itself.
   *
   * @param database is shown copies, the first one before this returns
   * @throws DivergedException if the replica is empty for longer than it is waited for, F has
   *     changes that are not on it, or the copies that are there follow another history
   * @throws LocalFileException if another process follows with these copies, or the disk fails
   * @throws UnavailableException if the store does not answer
   * @throws UnsupportedDatabaseException where the system does not tell which files are open
   */
  public static Follower open(FollowerOptions options, FollowerDatabase database) {
    requireKnownDescriptors();
    LocalFiles files = files(options);
    Path directory = files.beside(DIRECTORY);
    LockFile lock = lock(directory);
    boolean opened = false;
    try {
      var random = new Random();
      Supplier<Backoff> backoffs = () -> new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random);
      var following = new Following(options, files, directory, database, backoffs);
      awaitLog(options, following, backoffs);
      if (!options.standsBy()) {
        requireNothingUnsent(options, files, following.head(), backoffs);
      }
      following.start();
      var follower = new Follower(options, lock, following);
      follower.thread.start();
      opened = true;
      return follower;
    } catch (IOException e) {
      throw new LocalFileException("cannot follow into " + directory + ": " + e, e);
    } finally {
      if (!opened) {
        release(lock);
      }
    }
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

  private static LockFile lock(Path directory) {
    try {
      Files.createDirectories(directory);
      DurableDirectories.sync(directory.resolveSibling("").normalize());
      Path file = directory.toRealPath().resolve("lock");
      LockFile.Attempt attempt = LockFile.tryTake(file);
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

  private static void release(LockFile lock) {
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("a follower's lock cannot be released: {}", e.toString());
    }
  }

  private static void awaitLog(
      FollowerOptions options, Following following, Supplier<Backoff> backoffs) {
    long begun = options.ticker().nanos();
    boolean told = false;
    while (!begin(options, following, backoffs)) {
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

  private static boolean begin(
      FollowerOptions options, Following following, Supplier<Backoff> backoffs) {
    long end = options.ticker().nanos() + options.openTimeout().toNanos();
    return Retries.unlimited(backoffs)
        .runWhile(following::begin, () -> end - options.ticker().nanos());
  }

  private static void requireNothingUnsent(
      FollowerOptions options, LocalFiles files, LogState head, Supplier<Backoff> backoffs)
      throws IOException {
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

  /**
   * Returns what the database F has that its replica does not, for an error message; empty if there
   * is nothing, or F is not there, or is open elsewhere, where it is sent from. {@link #open} asks
   * the same.
   */
  public static Optional<String> unsentChanges(FollowerOptions options) {
    LocalFiles files = files(options);
    var random = new Random();
    try {
      Optional<LogState> head = new ReplicationLog(options.store()).loadLatest(LoadProgress.NONE);
      return head.isEmpty()
          ? Optional.empty()
          : unsent(
              options, files, head.get(), () -> new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random));
    } catch (IOException e) {
      throw new LocalFileException("cannot look at " + files.database() + ": " + e, e);
    }
  }

  private void run() {
    while (!closed) {
      lookNow = false;
      boolean somebodyWaits;
      synchronized (news) {
        somebodyWaits = waiting > 0;
      }
      Duration pause;
      rounds.lock();
      try {
        pause = closed ? Duration.ZERO : following.round(somebodyWaits);
      } catch (RuntimeException | Error e) { // whatever it was: the copy that is shown is whole
        log.error("following {} failed in a way that was not foreseen", options.store(), e);
        pause = LONGEST_PAUSE;
      } finally {
        rounds.unlock();
      }
      synchronized (news) {
        rounded++;
        news.notifyAll();
      }
      looked();
      if (!closed && !lookNow) {
        LockSupport.parkNanos(this, pause.toNanos());
      }
    }
  }

  private void looked() {
    try {
      options.listener().looked();
    } catch (RuntimeException e) {
      log.warn("a listener of a follower of {} failed", options.store(), e);
    }
  }

  /** Looks at the log soon, and not when it is time. */
  public void look() {
    lookNow = true;
    LockSupport.unpark(thread);
  }

  /**
   * Waits until what is shown holds a position that a writer has told of.
   *
   * @throws InterruptedException if this thread is interrupted
   */
  public AwaitOutcome await(PositionToken token, Duration timeout) throws InterruptedException {
    long end = options.ticker().nanos() + timeout.toNanos();
    synchronized (news) {
      waiting++;
    }
    look();
    try {
      while (true) {
        long before;
        synchronized (news) {
          before = rounded;
        }
        AwaitOutcome outcome = outcome(token, end - options.ticker().nanos());
        long left = end - options.ticker().nanos();
        if (outcome != AwaitOutcome.TIMED_OUT || left <= 0 || closed) {
          return outcome;
        }
        awaitRound(before, end);
      }
    } finally {
      synchronized (news) {
        waiting--;
      }
    }
  }

  private void awaitRound(long before, long end) throws InterruptedException {
    synchronized (news) {
      long left = end - options.ticker().nanos();
      while (rounded == before && left > 0) {
        news.wait(left / 1_000_000, (int) (left % 1_000_000));
        left = end - options.ticker().nanos();
      }
    }
  }

  private AwaitOutcome outcome(PositionToken token, long nanos) throws InterruptedException {
    Shown.Answer answer = following.answer(token);
    // A round may take long, so it is waited for only where it must be.
    if (answer == Shown.Answer.ASK_FOR_END
        && rounds.tryLock(Math.max(0, nanos), TimeUnit.NANOSECONDS)) {
      try {
        answer = following.fullAnswer(token);
      } catch (HaduckException e) {
        log.debug("whether {} was lost cannot be told yet", token, e);
      } finally {
        rounds.unlock();
      }
    }
    return switch (answer) {
      case REACHED -> AwaitOutcome.REACHED;
      case LOST -> AwaitOutcome.LOST;
      case NOT_YET, ASK_FOR_END -> AwaitOutcome.TIMED_OUT;
    };
  }

  /** How it is doing; costs nothing. */
  public FollowerStatus status() {
    return following.status(closed);
  }

  /**
   * Brings a copy that is not shown to the log's head, with all of its write-ahead log, and lets go
   * of it for ever: the caller may open it for writing, or take it away, once the log is his to
   * write. As long as it stays where it is, it is not among the copies of a follower that is opened
   * later, unless that {@linkplain FollowerOptions#withStandingBy stands by}.
   *
   * @return empty if readers hold all copies
   * @throws HaduckException if it cannot be made
   */
  public Optional<FollowerCopy> giveAway() {
    rounds.lock();
    try {
      return following.giveAway();
    } catch (IOException e) {
      throw new LocalFileException("a copy of the database cannot be written: " + e, e);
    } finally {
      rounds.unlock();
    }
  }

  /**
   * Ends it; the copy that is shown stays as it is. Idempotent. The copies may be followed with
   * again only when DuckDB has closed them.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    LockSupport.unpark(thread);
    rounds.lock(); // a round that is under way comes to its end
    try {
      release(lock);
      options.store().close();
    } finally {
      rounds.unlock();
    }
    synchronized (news) {
      news.notifyAll();
    }
  }

  @Override
  public String toString() {
    return "follower of " + Objects.toString(options.store());
  }
}
