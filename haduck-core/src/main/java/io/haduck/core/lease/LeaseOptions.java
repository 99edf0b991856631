package io.haduck.core.lease;

import io.haduck.core.InvalidConfigurationException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a process holds the lease, and how long it waits for one. Immutable.
 *
 * @param ttl for how long a holder that gives no sign of life is left alone; from 2 s to 5 min
 * @param longestWait how long to wait for the lease of another one; zero to fail at once, null to
 *     wait for ever
 */
public record LeaseOptions(Duration ttl, @Nullable Duration longestWait) {
  /** What holds unless somebody says otherwise. */
  public static final Duration DEFAULT_TTL = Duration.ofSeconds(15);

  /** The shortest. */
  public static final Duration SHORTEST_TTL = Duration.ofSeconds(2);

  /** The longest. */
  public static final Duration LONGEST_TTL = Duration.ofMinutes(5);

  /**
   * Checks the bounds.
   *
   * @throws InvalidConfigurationException if they do not hold
   */
  public LeaseOptions {
    if (ttl.compareTo(SHORTEST_TTL) < 0 || ttl.compareTo(LONGEST_TTL) > 0) {
      throw new InvalidConfigurationException(
          "lease_ttl is " + ttl + "; it must be from 2 s to 5 min");
    }
    if (longestWait != null && longestWait.isNegative()) {
      throw new InvalidConfigurationException(
          "lease_wait is " + longestWait + "; it must be 0 or more");
    }
  }

  /** Returns 15 s, and a wait of two of them. */
  public static LeaseOptions defaults() {
    return of(DEFAULT_TTL);
  }

  /** Returns such a time, and a wait of two of them. */
  public static LeaseOptions of(Duration ttl) {
    return new LeaseOptions(ttl, ttl.multipliedBy(2));
  }

  /** Returns the same with another wait; null for ever. */
  public LeaseOptions waiting(@Nullable Duration longest) {
    return new LeaseOptions(ttl, longest);
  }
}
