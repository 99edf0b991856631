package io.haduck.core.replica;

import io.haduck.core.Backoff;
import io.haduck.core.Ticker;
import java.time.Duration;
import java.util.Random;

/** Restores of tests that choose the state and what may be replaced themselves. */
final class Restorations {
  private Restorations() {}

  /** By the system's clock. */
  static Restoration telling(RestoredFiles.Steps steps) {
    var random = new Random(7);
    return new Restoration(
        Ticker.system(),
        () -> new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1), random),
        steps);
  }
}
