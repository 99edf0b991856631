package io.haduck.core.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;
import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the replicating thread and those who wait for it tell each other: that there is work, how
 * far it is, what is in the way. Safe for any thread; nothing is called with the lock held but the
 * clocks and the given suppliers, which must be quick.
 */
final class ReplicationProgress {
  /** For how long upkeep gives way to work, after it was due. */
  private static final long LONG_OVERDUE_NANOS = 1_000_000_000L;

  private final InstantSource clock;
  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final WorkSchedule schedule;

  @GuardedBy("lock")
  private UUID lineage;

  @GuardedBy("lock")
  private long epoch;

  @GuardedBy("lock")
  private long seq;

  @GuardedBy("lock")
  private @Nullable CommitReceipt receipt;

  @GuardedBy("lock")
  private long commits;

  @GuardedBy("lock")
  private long bytesSent;

  @GuardedBy("lock")
  private @Nullable HaduckException problem;

  @GuardedBy("lock")
  private @Nullable Instant failingSince;

  /** What is shown of all that. */
  @GuardedBy("lock")
  private ProgressView view;

  /** Written under the lock. */
  private volatile boolean closing;

  private final AtomicInteger waiters = new AtomicInteger();

  @GuardedBy("lock")
  private boolean reading;

  ReplicationProgress(
      UUID lineage, long epoch, long seq, Backoff backoff, InstantSource clock, Ticker ticker) {
    this.lineage = lineage;
    this.epoch = epoch;
    this.seq = seq;
    this.view = viewOf(DatabasePosition.NONE);
    this.schedule = new WorkSchedule(backoff, ticker);
    this.clock = clock;
    this.ticker = ticker;
  }

  @GuardedBy("lock")
  private ProgressView viewOf(DatabasePosition held) {
    return new ProgressView(
        lineage, epoch, seq, held, receipt, commits, bytesSent, problem, failingSince);
  }

  /** Returns how far it is now. */
  ProgressView view() {
    lock.lock();
    try {
      return view;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether there is something to do already. */
  boolean isWanted() {
    lock.lock();
    try {
      return schedule.isWanted();
    } finally {
      lock.unlock();
    }
  }

  /** There is something to do now. */
  void wantNow() {
    lock.lock();
    try {
      if (!schedule.isWantedNow()) {
        schedule.wantNow();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What failed before may work now: it is tried again at once. */
  void retryNow() {
    lock.lock();
    try {
      wantAtOnce();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void wantAtOnce() {
    schedule.wantNow();
    schedule.retrySoon();
    changed.signalAll();
  }

  /** There is something to do, which may wait for as long as {@code sync_interval}. */
  void wantSoon() {
    lock.lock();
    try {
      if (!schedule.isWanted()) {
        schedule.wantSoon();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * From now on everything is sent at once, and tried again soon, as if somebody waited for it.
   *
   * @param maybeBehind whether there may be something to send
   */
  void hurry(boolean maybeBehind) {
    lock.lock();
    try {
      schedule.hurry();
      if (schedule.isWanted() || maybeBehind) {
        wantAtOnce();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a call waits until the log holds something. */
  boolean isAwaited() {
    return waiters.get() > 0;
  }

  /** Those who wait should look whether they were cancelled. */
  void wakeWaiters() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** For how long something has not been in the log that should be; zero if everything is. */
  Duration behindFor() {
    lock.lock();
    try {
      return schedule.behindFor();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all waiting. False if that was done before. */
  boolean beginClosing() {
    lock.lock();
    try {
      boolean first = !closing;
      closing = true;
      changed.signalAll();
      return first;
    } finally {
      lock.unlock();
    }
  }

  boolean isClosing() {
    return closing;
  }

  /** Waits until the log holds a position. */
  SyncResult await(DatabasePosition position, Duration timeout, BooleanSupplier cancelled)
      throws InterruptedException {
    waiters.incrementAndGet();
    try {
      return awaitHeld(position, timeout.toNanos(), cancelled);
    } finally {
      waiters.decrementAndGet();
    }
  }

  private SyncResult awaitHeld(
      DatabasePosition position, long timeoutNanos, BooleanSupplier cancelled)
      throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      if (!view.held().covers(position)) {
        wantAtOnce();
      }
      while (true) {
        if (view.held().covers(position)) {
          return new SyncResult(true, view.receipt(), null, null, false);
        }
        if (left <= 0 || closing || view.isFenced() || cancelled.getAsBoolean()) {
          return new SyncResult(false, null, view.problem(), view.failingSince(), closing);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits while a long capture reads. */
  void awaitRead(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (reading && left > 0 && !closing) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A long capture reads, or does not any more. Returns what it was before. */
  boolean setReading(boolean now) {
    lock.lock();
    try {
      boolean before = reading;
      reading = now;
      changed.signalAll();
      return before;
    } finally {
      lock.unlock();
    }
  }

  /**
   * For the replicating thread: waits until there is work and, after a failure, until it is time to
   * try again; or until upkeep is due, if there is no work.
   *
   * @param interval after which {@code maybeWork} is asked, though nobody said that there is work
   * @param nanosToUpkeep until upkeep is due
   */
  Turn awaitWork(Duration interval, BooleanSupplier maybeWork, long nanosToUpkeep) {
    lock.lock();
    try {
      long upkeepAt = ticker.nanos() + Math.min(nanosToUpkeep, Long.MAX_VALUE / 4);
      while (!closing) {
        long now = ticker.nanos();
        long wait = schedule.nanosToWork(interval, now);
        if (schedule.isWanted() && wait <= 0) {
          if (!schedule.isFailing() && upkeepAt + LONG_OVERDUE_NANOS - now <= 0) {
            return Turn.UPKEEP; // there is always work: a little of it must wait
          }
          schedule.beginRound(now);
          return Turn.WORK;
        }
        if (!schedule.isFailing()) {
          if (upkeepAt - now <= 0) {
            return Turn.UPKEEP;
          }
          wait = Math.min(wait, upkeepAt - now);
        }
        if (changed.awaitNanos(wait) <= 0 && !schedule.isWanted() && maybeWork.getAsBoolean()) {
          schedule.wantSoon();
        }
      }
      return Turn.END;
    } catch (InterruptedException e) {
      // This thread is ours: nobody has a reason to interrupt it, and nothing ends by it.
      return closing ? Turn.END : Turn.WORK;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing is known to be in the log, until a round of work went well: whoever waits goes on
   * waiting.
   */
  void distrust() {
    lock.lock();
    try {
      view = viewOf(DatabasePosition.NONE);
    } finally {
      lock.unlock();
    }
  }

  /** The log's head is another one, which holds nothing new of the database. */
  void headIs(UUID newLineage, long newEpoch, long newSeq) {
    lock.lock();
    try {
      lineage = newLineage;
      epoch = newEpoch;
      seq = newSeq;
      view = viewOf(view.held());
    } finally {
      lock.unlock();
    }
  }

  /** A commit is in the log. */
  void committed(CommitReceipt made, DatabasePosition held) {
    lock.lock();
    try {
      seq = made.seq();
      receipt = made;
      commits++;
      bytesSent += made.bytes();
      view = viewOf(held);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A round of work went well.
   *
   * @param held what the log holds now
   * @param local where the database is now
   * @return the problem that is over; null if there was none
   */
  @Nullable HaduckException succeeded(DatabasePosition held, DatabasePosition local) {
    lock.lock();
    try {
      HaduckException over = problem;
      problem = null;
      failingSince = null;
      view = viewOf(held);
      schedule.succeeded();
      if (!held.covers(local)) {
        if (local.iteration() > held.iteration()) {
          schedule.wantNow();
        } else {
          schedule.wantSoon();
        }
      }
      changed.signalAll();
      return over;
    } finally {
      lock.unlock();
    }
  }

  /** A round of work failed. Returns whether it is the first one since all was well. */
  boolean failed(HaduckException newProblem) {
    lock.lock();
    try {
      boolean first = failingSince == null;
      problem = newProblem;
      if (first) {
        failingSince = clock.instant();
      }
      view = viewOf(view.held());
      schedule.failed(isAwaited());
      changed.signalAll();
      return first;
    } finally {
      lock.unlock();
    }
  }
}
