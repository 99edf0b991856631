package io.haduck.core.retention;

import io.haduck.core.InvalidConfigurationException;
import java.time.Duration;

/**
 * How a replica is swept.
 *
 * @param mode whether anything is deleted
 * @param interval how often, while something is written; positive
 * @param grace what is younger is never deleted; at least {@link #SHORTEST_GRACE}
 * @param policy what was said of the replica's policy
 */
public record SweepOptions(
    GarbageCollection mode, Duration interval, Duration grace, RetentionSettings policy) {
  /** The least grace: far longer than any writer believes that it was confirmed. */
  public static final Duration SHORTEST_GRACE = Duration.ofHours(1);

  /** Once a day, with a day of grace, by the replica's policy. */
  public static final SweepOptions DEFAULT =
      new SweepOptions(
          GarbageCollection.ON, Duration.ofHours(24), Duration.ofHours(24), RetentionSettings.NONE);

  /** No sweeps. */
  public static final SweepOptions OFF =
      new SweepOptions(
          GarbageCollection.OFF, DEFAULT.interval(), DEFAULT.grace(), RetentionSettings.NONE);

  /**
   * Checks the times.
   *
   * @throws InvalidConfigurationException if one is too short
   */
  public SweepOptions {
    if (interval.isNegative() || interval.isZero()) {
      throw new InvalidConfigurationException("gc_interval must be longer than 0, not " + interval);
    }
    if (grace.compareTo(SHORTEST_GRACE) < 0) {
      throw new InvalidConfigurationException(
          "gc_grace must be at least 1h, not "
              + grace
              + ": what is younger may be what another process is about to refer to");
    }
  }

  /** Returns the same with another mode. */
  public SweepOptions withMode(GarbageCollection other) {
    return new SweepOptions(other, interval, grace, policy);
  }

  /** Returns the same with other words on the policy. */
  public SweepOptions withPolicy(RetentionSettings other) {
    return new SweepOptions(mode, interval, grace, other);
  }
}
