package io.haduck.core.follower;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** Clocks of a follower that leap as those of its store do. */
public final class LeapingClocks {
  private LeapingClocks() {}

  /**
   * The same options, by such clocks.
   *
   * @param leapt how far they have leapt so far
   */
  public static FollowerOptions of(FollowerOptions options, Supplier<Duration> leapt) {
    return options.withClocks(
        () -> System.nanoTime() + leapt.get().toNanos(), () -> Instant.now().plus(leapt.get()));
  }
}
