package io.haduck.core.lease;

import io.haduck.core.FencedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.lease.LeaseClock.Moment;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease that this process has, kept by a thread of its own until it is given away, lost or
 * closed. Safe for any thread.
 */
public final class HeldLease implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HeldLease.class);
  private static final Duration SLICE = Duration.ofMillis(500);
  private static final Duration RELEASE = Duration.ofSeconds(4);

  private final LeaseKeeper keeper;
  private final LeaseClock clock;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean due;

  private HeldLease(LeaseKeeper keeper, LeaseClock clock) {
    this.keeper = keeper;
    this.clock = clock;
    this.thread = DaemonThreads.named("haduck-lease").newThread(this::keep);
  }

  static HeldLease keeping(LeaseKeeper keeper, LeaseClock clock) {
    var held = new HeldLease(keeper, clock);
    held.thread.start();
    return held;
  }

  private void keep() {
    long wait = record().ttl().toNanos() / 3;
    while (!closed) {
      pause(wait);
      due = false;
      if (!closed) {
        wait = step();
      }
    }
  }

  private long step() {
    try {
      return keeper.step();
    } catch (RuntimeException | Error e) { // also when memory is short: it is kept all the same
      log.error("keeping the lease failed: {}", this, e);
      return record().ttl().toNanos() / 6; // the permit runs out meanwhile
    }
  }

  /** In slices, to notice soon when this machine was suspended. */
  private void pause(long nanos) {
    Moment begun = clock.now();
    while (!closed && !due && !clock.jumpedSince(begun)) {
      long left = nanos - clock.since(begun);
      if (left <= 0) {
        return;
      }
      LockSupport.parkNanos(this, Math.min(left, SLICE.toNanos()));
      boolean unusedSinceNobodyEndsThisThreadSo = Thread.interrupted();
    }
  }

  private void look() {
    due = true;
    LockSupport.unpark(thread);
  }

  /** Returns what an append and an acknowledgement are to ask. */
  public WritePermit permit() {
    return keeper;
  }

  /** Returns what the lease last was, as this process knows it. Does not ask the store. */
  public LeaseRecord record() {
    return keeper.record();
  }

  /**
   * Says that this holder has added to the log, and which file its database is by now: so it takes
   * the lease back at once when it is started again. Costs one write, once, on the lease's thread.
   */
  public void appended(Participant now) {
    if (keeper.appended(now)) {
      look();
    }
  }

  /**
   * Says that all is shipped and nobody uses the database: after a third of the time to live, or at
   * once if somebody knocks, anyone may take the lease.
   */
  public void rest() {
    keeper.rest();
  }

  /**
   * Says that the database is used again. Costs no request, unless the lease was given up
   * meanwhile: then it is taken back, or another one has it.
   *
   * @throws FencedException if another one has it: what lies here must be judged anew
   * @throws UnavailableException if that cannot be found out for now
   */
  public void use() {
    if (keeper.use()) {
      look();
    }
  }

  /**
   * Gives the lease to another one, who takes it at once. When this is called, nothing is written
   * any more and all is shipped; from here on the permit says no. If this one does not come within
   * a time to live, anyone may take it, and this process too, as a contender.
   *
   * @param to its id or label; null for whoever comes first
   * @param longest how long to try
   * @throws FencedException if another one has it
   * @throws UnavailableException if it is not known whether it is given away. Before anything is
   *     written again, {@link #use} must have returned; or call this again
   */
  public void handOver(@Nullable String to, Duration longest) {
    keeper.leave(to == null ? null : Participant.shown(to), longest);
    stop();
  }

  /**
   * Releases the lease, so that anyone may take it at once, and ends this. Best effort: if the
   * store does not answer within some seconds, others wait for a time to live.
   *
   * @return whether it is known to be released, or another one's
   */
  public boolean release() {
    try {
      keeper.leave(null, RELEASE);
      return true;
    } catch (FencedException e) {
      return true; // it is another one's
    } catch (UnavailableException e) {
      return false;
    } finally {
      stop();
    }
  }

  /** Ends the thread, and leaves the lease as it is: the permit runs out. Idempotent. */
  @Override
  public void close() {
    stop();
  }

  private void stop() {
    closed = true;
    LockSupport.unpark(thread);
  }

  /** Whom it is, since when. */
  @Override
  public String toString() {
    return "lease of " + LeaseWords.whose(record());
  }
}
