package io.haduck.core.internal.log;

import io.haduck.core.Ticker;
import java.time.Duration;
import java.time.InstantSource;

/**
 * A moment by both clocks of this machine, since each misses something: the ticker stands still
 * while a virtual machine is suspended, and the wall clock can be set.
 *
 * @param nanos by the ticker
 * @param wallMillis since 1970 by the wall clock
 */
public record LookMoment(long nanos, long wallMillis) {
  /** Returns this moment. */
  public static LookMoment now(Ticker ticker, InstantSource clock) {
    return new LookMoment(ticker.nanos(), clock.millis());
  }

  /** Returns how much time has passed since another moment: by the clock that says more. */
  public Duration since(LookMoment earlier) {
    Duration ticked = Duration.ofNanos(nanos - earlier.nanos);
    Duration walled = Duration.ofMillis(wallMillis - earlier.wallMillis);
    return ticked.compareTo(walled) > 0 ? ticked : walled;
  }

  /** Returns by how much the two clocks disagree about the time since another moment. */
  Duration disagreement(LookMoment earlier) {
    return Duration.ofNanos(nanos - earlier.nanos)
        .minus(Duration.ofMillis(wallMillis - earlier.wallMillis))
        .abs();
  }
}
