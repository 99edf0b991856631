package io.haduck.core.internal.concurrent;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: a random time below a limit that doubles with each
 * failure ("full jitter"), so that many who failed together do not come back together. For one
 * thread.
 */
public final class Backoff {
  private final Duration first;
  private final Duration longest;
  private final RandomGenerator random;
  private int failures;

  /**
   * A backoff that has seen no failure.
   *
   * @param first limit of the first wait
   * @param longest limit of all waits
   * @param random source of the jitter
   */
  public Backoff(Duration first, Duration longest, RandomGenerator random) {
    if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException("backoff from " + first + " to " + longest);
    }
    this.first = first;
    this.longest = longest;
    this.random = random;
  }

  /** The wait after one more failure; at least a tenth of its limit, so that it is never a spin. */
  public Duration next() {
    long limit = longest.toNanos();
    if (failures < 62 && first.toNanos() <= limit >> failures) {
      limit = first.toNanos() << failures;
      failures++;
    }
    return Duration.ofNanos(limit / 10 + random.nextLong(limit - limit / 10));
  }

  /** It worked: the next wait is short again. */
  public void reset() {
    failures = 0;
  }
}
