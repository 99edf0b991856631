package io.haduck.core.follower;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.PositionToken;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.store.LockFile;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
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

  /** For so long whoever ends it waits for a round, which is refused whatever it asks for. */
  private static final Duration LONGEST_END = Duration.ofSeconds(1);

  private final FollowerOptions options;
  private final Ending ending;
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

  private Follower(FollowerOptions options, Ending ending, LockFile lock, Following following) {
    this.options = options;
    this.ending = ending;
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
    var ending = new Ending();
    FollowerOptions endable = options.endedBy(ending);
    var opening = new FollowerOpening(endable);
    LockFile lock = opening.lock();
    boolean opened = false;
    try {
      var follower = new Follower(endable, ending, lock, opening.begin(database));
      follower.thread.start();
      opened = true;
      return follower;
    } catch (IOException e) {
      throw new LocalFileException("cannot follow into " + opening.directory() + ": " + e, e);
    } finally {
      if (!opened) {
        FollowerOpening.release(lock);
      }
    }
  }

  /**
   * Returns what the database F has that its replica does not, for an error message; empty if there
   * is nothing, or F is not there, or is open elsewhere, where it is sent from. {@link #open} asks
   * the same.
   */
  public static Optional<String> unsentChanges(FollowerOptions options) {
    return FollowerOpening.unsentChanges(options);
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
        unforeseen(e);
        pause = FollowerOpening.LONGEST_PAUSE;
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
    rounds.lock(); // somebody may be giving a copy away
    try {
      FollowerOpening.release(lock);
      options.store().close();
    } finally {
      rounds.unlock();
    }
  }

  private void unforeseen(Throwable e) {
    if (ending.hasBegun()) {
      log.debug("following {} was ended in the middle of a round", options.store(), e);
    } else {
      log.error("following {} failed in a way that was not foreseen", options.store(), e);
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
      while (rounded == before && left > 0 && !closed) {
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
      } catch (HaduckException | CancellationException e) {
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
   * Ends it; the copy that is shown stays as it is. Idempotent. A round that is under way is
   * refused whatever else it wants of the store or of a file, and waited for a second at most: one
   * that does not hear of it, such as DuckDB replaying a long log, comes to its end by itself, and
   * gives up the copies then. They may be followed with again only when it has, and DuckDB has
   * closed them: {@link #open} waits for that.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ending.begin();
    LockSupport.unpark(thread);
    if (Thread.currentThread() != thread) {
      DaemonThreads.join(thread, LONGEST_END);
    }
    if (thread.isAlive()) {
      log.info("a round of following {} comes to its end by itself", options.store());
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
