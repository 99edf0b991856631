package io.haduck.core.replica;

import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When the replicating thread is to work next: at once, within the interval, or when it is time to
 * try again what has failed. Not safe for threads: {@link ReplicationProgress} guards it.
 */
final class WorkSchedule {
  /**
   * How soon after a failure it is tried again while somebody waits: what may be over by now is not
   * left to the backoff.
   */
  private static final long RETRY_FOR_WAITERS_NANOS = 1_000_000_000L;

  /**
   * How often to observe the files although nobody announced a change, once everything is sent at
   * once.
   */
  private static final long HURRIED_INTERVAL_NANOS = 50_000_000L;

  private final Backoff backoff;
  private final Ticker ticker;

  private Want want = Want.NOTHING;

  /** What failed last, and when it is tried again; null if nothing fails. */
  private @Nullable Failure failure;

  /** Nothing may gather any more: what is committed is sent at once, though nobody waits. */
  private boolean hurried;

  private long lastRoundNanos;

  /** Since when something is not in the log that should be; null if everything is. */
  private @Nullable Long behindSinceNanos;

  /** When there is something to do. */
  private enum Want {
    NOTHING,

    /** Some time within the interval. */
    SOON,

    /** Now: somebody waits, or the database has checkpointed. */
    NOW
  }

  /** When something failed, and when it is tried again. */
  private record Failure(long atNanos, long retryAtNanos) {
    Failure retriedSoon() {
      return new Failure(atNanos, Math.min(retryAtNanos, atNanos + RETRY_FOR_WAITERS_NANOS));
    }
  }

  /** A schedule with nothing to do, which counts the interval from now on. */
  WorkSchedule(Backoff backoff, Ticker ticker) {
    this.backoff = backoff;
    this.ticker = ticker;
    this.lastRoundNanos = ticker.nanos();
  }

  /** Returns whether there is something to do. */
  boolean isWanted() {
    return want != Want.NOTHING;
  }

  /** Returns whether there is something to do now. */
  boolean isWantedNow() {
    return want == Want.NOW;
  }

  /** There is something to do now. */
  void wantNow() {
    want(Want.NOW);
  }

  /** There is something to do, which may wait for as long as the interval. */
  void wantSoon() {
    want(want == Want.NOW || hurried ? Want.NOW : Want.SOON);
  }

  private void want(Want newWant) {
    want = newWant;
    if (behindSinceNanos == null) {
      behindSinceNanos = ticker.nanos();
    }
  }

  /** From now on nothing waits for the interval, as if somebody always waited for it. */
  void hurry() {
    hurried = true;
  }

  /** Somebody waits for what has failed, if anything has. */
  void retrySoon() {
    Failure last = failure;
    failure = last == null ? null : last.retriedSoon();
  }

  /** For how long something has not been in the log that should be; zero if everything is. */
  Duration behindFor() {
    Long since = behindSinceNanos;
    return since == null ? Duration.ZERO : Duration.ofNanos(ticker.nanos() - since);
  }

  /** Returns whether what was tried last has failed, so that nothing else is to be done before. */
  boolean isFailing() {
    return failure != null;
  }

  /**
   * Returns how long to wait: until it is time for what is wanted, or else until it is time to look
   * whether anything should be. Zero or less if that time has come.
   */
  long nanosToWork(Duration interval, long nowNanos) {
    Failure last = failure;
    long nanos = interval.toNanos();
    return switch (want) {
      case NOTHING -> hurried ? Math.min(nanos, HURRIED_INTERVAL_NANOS) : nanos;
      case SOON, NOW -> {
        if (last != null) {
          yield last.retryAtNanos() - nowNanos;
        }
        yield want == Want.NOW ? 0 : lastRoundNanos + nanos - nowNanos;
      }
    };
  }

  /** What was wanted is done now. */
  void beginRound(long nowNanos) {
    want = Want.NOTHING;
    lastRoundNanos = nowNanos;
  }

  /** It went well; what was wanted meanwhile still is. */
  void succeeded() {
    failure = null;
    behindSinceNanos = null;
    backoff.reset();
  }

  /**
   * It failed, and is tried again.
   *
   * @param awaited whether somebody waits for it
   */
  void failed(boolean awaited) {
    long now = ticker.nanos();
    var last = new Failure(now, now + backoff.next().toNanos());
    failure = awaited || hurried ? last.retriedSoon() : last;
    wantSoon();
  }
}
