package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.retention.Announcement;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.internal.sweep.SweepTime;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.retention.SweepStatus;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Sweeps the replica of a writer in the background: when something was committed and the last sweep
 * is long ago, or as much was sent since as the database is large. An idle database costs nothing.
 *
 * <p>It hears of commits by standing before the writer's listener, to which it passes everything
 * on. Safe for any thread.
 */
final class Sweeper implements ReplicationListener {
  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
  private static final ThreadFactory THREADS = DaemonThreads.named("haduck-sweep");

  /** However much is written, it is not swept more often than that. */
  private static final Duration SHORTEST = Duration.ofHours(1);

  /** So long after a sweep that failed it is tried again. */
  private static final Duration AGAIN = Duration.ofMinutes(10);

  /** Closing waits that long for a sweep: what lives for seconds only would never finish one. */
  private static final Duration LAST_WAIT = Duration.ofSeconds(2);

  private static final int ATTEMPTS = 8;

  private final ObjectStore store;
  private final SweepOptions options;
  private final Ticker ticker;
  private final InstantSource clock;
  private final Retries retries;

  private volatile ReplicationListener next = new ReplicationListener() {};
  private volatile boolean ended;
  private volatile SweepStatus status = SweepStatus.NONE;
  private volatile @Nullable Announcement told;
  private boolean running;
  private boolean closing;
  private @Nullable Thread thread;
  private @Nullable Long sweptNanos;
  private long notBeforeNanos;
  private long sent;

  Sweeper(ReplicatorOptions of) {
    this(of.store(), of.sweep(), of.ticker(), of.clock());
  }

  Sweeper(ObjectStore store, SweepOptions options, Ticker ticker, InstantSource clock) {
    var random = new Random();
    this.store = store;
    this.options = options;
    this.ticker = ticker;
    this.clock = clock;
    this.notBeforeNanos = ticker.nanos();
    this.retries =
        Retries.of(
            ATTEMPTS,
            () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), random),
            () -> ended);
  }

  /** Passes on to another listener from now on. */
  void passTo(ReplicationListener listener) {
    next = listener;
  }

  /** What became of it so far. */
  SweepStatus status() {
    return status;
  }

  /**
   * Returns the same options; where this sweeps, what is mostly garbage is emptied once old states
   * were given up here, since it does not pay before.
   */
  ReplicatorOptions compacting(ReplicatorOptions of) {
    return options.mode() == GarbageCollection.ON ? of.withCompaction(this::hasDeleted) : of;
  }

  private boolean hasDeleted() {
    SweepReport last = status.last();
    return last != null && last.walFrom() > 0;
  }

  /** Begins no sweep any more; one that is under way stops at its next step. Does not wait. */
  void end() {
    ended = true;
  }

  /** Begins no sweep any more, and waits a moment for one that is under way. */
  void endSoon() {
    Thread last;
    synchronized (this) {
      closing = true;
      last = thread;
    }
    if (last != null && !ended) {
      DaemonThreads.join(last, LAST_WAIT);
      if (last.isAlive()) {
        log.info(
            "the sweep of {} was cut off by closing; a later one goes on. Where each process lives for seconds only, sweep"
                + " by Haduck.sweep",
            store);
      }
    }
    end();
  }

  @SuppressWarnings(
      "ThreadPriorityCheck") // nothing relies on it; where it counts, others come first
  private synchronized void beginIfDue(CommitReceipt receipt) {
    sent += receipt.bytes();
    long databaseBytes = (long) receipt.blocksInUse() * receipt.blockSize();
    if (options.mode() == GarbageCollection.OFF || running || closing || ended) {
      return;
    }
    long now = ticker.nanos();
    Long swept = sweptNanos;
    boolean much =
        swept != null && now - swept > SHORTEST.toNanos() && sent > Math.max(1, databaseBytes);
    if (now - notBeforeNanos < 0 && !much) {
      return;
    }
    running = true;
    Thread begun = THREADS.newThread(() -> run(much));
    begun.setPriority(Thread.MIN_PRIORITY);
    begun.start();
    thread = begun;
  }

  /** Whether none is under way. */
  synchronized boolean isAtRest() {
    return !running;
  }

  private void run(boolean much) {
    Duration pause = AGAIN;
    try {
      SweepTime time = new SweepTime(store, retries);
      SweepTime.Next due = time.next(options.interval());
      tellOfAnother(due.announced());
      tellOfFuture(due.future());
      Optional<Duration> left = much ? Optional.empty() : due.left();
      pause = left.orElse(options.interval());
      if (left.isEmpty()) {
        pause = AGAIN;
        compareClocks(time);
        Optional<SweepReport> report =
            new Sweep(store, options, retries, ticker, () -> ended)
                .agedTo(dryRun() ? Instant.MAX : time.agedTo(options.interval()))
                .run();
        pause = options.interval();
        report.ifPresent(this::swept);
      }
    } catch (HaduckException e) {
      failed(e);
    } catch (RuntimeException | Error e) {
      if (!ended) { // else the store may be closed already
        log.error("sweeping {} failed unexpectedly; nothing more is deleted", store, e);
        status = status.failed(e.toString());
      }
    } finally {
      over(pause);
    }
  }

  /** What another process has announced, or this one long ago, should surprise nobody. */
  private void tellOfAnother(@Nullable Announcement pending) {
    if (pending != null && !pending.equals(told)) {
      told = pending;
      log.warn(
          "{}: since {} it is announced that less is kept: {}, from the first sweep after {} on. To take that back, set in"
              + " the settings what is to be kept instead",
          store,
          pending.since(),
          pending.policy().inWords(),
          pending.from());
    }
  }

  private void tellOfFuture(@Nullable Instant last) {
    if (last != null) {
      log.warn(
          "{} was swept last at {}, which is later than it is there now: its clock was ahead then. It is swept now; what it"
              + " gave up then stays given up",
          store,
          last);
    }
  }

  private boolean dryRun() {
    return options.mode() == GarbageCollection.DRY_RUN;
  }

  private void compareClocks(SweepTime time) {
    boolean told = !status.clockAhead().isZero();
    Duration ahead = time.clockAhead(clock);
    status = status.withClockAhead(ahead);
    time.requirePlausible(ahead);
    if (!ahead.isZero() && !told) {
      log.warn(
          "this machine's clock is {} minutes {} that of {}. What expires goes by the store's clock, the times of"
              + " commits, and so a restore to a time, by this machine's: set it right (NTP)",
          ahead.abs().toMinutes(),
          ahead.isNegative() ? "behind" : "ahead of",
          store);
    }
  }

  private synchronized void over(Duration pause) {
    running = false;
    long now = ticker.nanos();
    sweptNanos = now;
    sent = 0;
    notBeforeNanos = now + pause.toNanos();
  }

  private void swept(SweepReport report) {
    status = status.swept(report);
    if (report.keepsLess() || report.isAfterLongPause()) {
      log.warn("{}: {}", store, report.summary());
    } else if (report.deleted() > 0
        || report.announced() != null
        || report.withdrawn() != null
        || report.agedTo().isBefore(report.at())) {
      log.info("{}: {}", store, report.summary());
    }
  }

  private void failed(HaduckException problem) {
    if (ended) {
      return;
    }
    String message = String.valueOf(problem.getMessage());
    if (!message.equals(status.problem())) {
      log.atLevel(problem instanceof UnavailableException ? Level.INFO : Level.WARN)
          .log("{} is not swept: {}", store, message);
    }
    status = status.failed(message);
  }

  @Override
  public void committed(CommitReceipt receipt) {
    beginIfDue(receipt);
    next.committed(receipt);
  }

  @Override
  public void failing(HaduckException problem, Instant since) {
    next.failing(problem, since);
  }

  @Override
  public void recovered() {
    next.recovered();
  }

  @Override
  public void fenced(FencedException problem) {
    end();
    next.fenced(problem);
  }
}
