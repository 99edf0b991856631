package io.haduck.core.lease;

import io.haduck.core.Ticker;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Both clocks of this machine, to tell when it stood still: a virtual machine that is suspended may
 * come back with a monotonic clock that knows nothing of it. Safe for any thread.
 */
final class LeaseClock {
  private static final Duration JUMP = Duration.ofSeconds(2);

  private final Ticker ticker;
  private final InstantSource wall;

  LeaseClock(Ticker ticker, InstantSource wall) {
    this.ticker = ticker;
    this.wall = wall;
  }

  /** Returns that of a real process. */
  static LeaseClock system() {
    return new LeaseClock(Ticker.system(), InstantSource.system());
  }

  /**
   * Both clocks at one moment.
   *
   * @param nanos the monotonic one
   * @param wallMillis milliseconds since 1970
   */
  record Moment(long nanos, long wallMillis) {}

  Moment now() {
    return new Moment(ticker.nanos(), wall.millis());
  }

  long nanos() {
    return ticker.nanos();
  }

  /** Returns nanoseconds since then by the monotonic clock. */
  long since(Moment moment) {
    return ticker.nanos() - moment.nanos();
  }

  /** Returns whether the two clocks moved differently since, by more than 2 s. */
  boolean jumpedSince(Moment moment) {
    long byWall = wall.millis() - moment.wallMillis();
    long byTicker = since(moment) / 1_000_000;
    return Math.abs(byWall - byTicker) > JUMP.toMillis();
  }
}
