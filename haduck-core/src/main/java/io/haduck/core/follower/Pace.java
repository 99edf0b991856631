package io.haduck.core.follower;

import java.time.Duration;

/**
 * When to look at the log again, and when another copy may be shown. Showing one lets DuckDB replay
 * its write-ahead log, so it takes a fifth of the time at most. For one thread.
 */
final class Pace {
  /** So many times as long as showing the last copy took, nothing is shown after it. */
  private static final int REST = 4;

  /** Nothing new for so long: a look after a tenth of it comes soon enough. */
  private static final int PATIENCE = 10;

  private static final Duration FIRST_AWAITED = Duration.ofMillis(20);

  private final Duration pollInterval;
  private final Duration pollIntervalIdle;
  private Duration awaited = FIRST_AWAITED;
  private long changedNanos;
  private long shownNanos;
  private Duration took = Duration.ZERO;

  Pace(Duration pollInterval, Duration pollIntervalIdle, long nowNanos) {
    this.pollInterval = pollInterval;
    this.pollIntervalIdle = pollIntervalIdle;
    this.changedNanos = nowNanos;
  }

  /** Something came. */
  void changed(long nowNanos) {
    changedNanos = nowNanos;
    awaited = FIRST_AWAITED;
  }

  /** A copy was shown, or failed to be. */
  void shown(long nowNanos, Duration newTook) {
    shownNanos = nowNanos;
    took = newTook;
  }

  /** What showing the last copy took. */
  Duration took() {
    return took;
  }

  /** How long to wait until another one may be shown. */
  Duration untilShowing(long nowNanos) {
    Duration left = took.multipliedBy(REST).minusNanos(nowNanos - shownNanos);
    return left.isNegative() ? Duration.ZERO : left;
  }

  /**
   * How long to wait until the next look.
   *
   * @param somebodyWaits for a position
   */
  Duration untilLook(long nowNanos, boolean somebodyWaits) {
    Duration wait = Duration.ofNanos((nowNanos - changedNanos) / PATIENCE);
    wait = wait.compareTo(pollIntervalIdle) > 0 ? pollIntervalIdle : wait;
    wait = wait.compareTo(pollInterval) < 0 ? pollInterval : wait;
    if (!somebodyWaits) {
      awaited = FIRST_AWAITED;
      return wait;
    }
    Duration next = awaited.compareTo(pollInterval) < 0 ? awaited : pollInterval;
    awaited = next.multipliedBy(2);
    return next;
  }
}
