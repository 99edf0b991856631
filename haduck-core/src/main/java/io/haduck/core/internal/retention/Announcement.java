package io.haduck.core.internal.retention;

import io.haduck.core.retention.RetentionPolicy;
import java.time.Duration;
import java.time.Instant;

/**
 * A policy that gives up more than the one in force, and comes into force at the first sweep that
 * is an hour later.
 *
 * @param policy that was announced
 * @param since when that was, by the store's clock
 */
public record Announcement(RetentionPolicy policy, Instant since) {
  /** So long before it counts it is announced. */
  public static final Duration AHEAD = Duration.ofHours(1);

  /** From the first sweep after which on it counts. */
  public Instant from() {
    return since.plus(AHEAD);
  }
}
