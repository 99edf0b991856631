package io.haduck.core.internal.restoring;

import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.local.FileSteps;
import java.time.Duration;
import java.util.Random;

/** Restores of tests that choose the state and what may be replaced themselves. */
public final class Restorations {
  private Restorations() {}

  /** By the system's clock. */
  public static Restoration telling(FileSteps steps) {
    var random = new Random(7);
    return new Restoration(
        Ticker.system(),
        () -> new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1), random),
        steps);
  }
}
