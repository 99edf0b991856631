package io.haduck.core.internal.duckdb;

import io.haduck.core.internal.concurrent.Uninterruptible;
import java.time.Duration;

/**
 * How long to go on reading again what DuckDB may be writing at this moment: a write of at most 256
 * KiB takes well under a millisecond unless the disk is busy.
 */
final class TornRead {
  private static final long FIRST_PARK_NANOS = Duration.ofNanos(100_000).toNanos();
  private static final long LONGEST_PARK_NANOS = Duration.ofMillis(20).toNanos();

  /** Reads in all: about a quarter of a second. */
  private static final int READS = 20;

  private int reads = 1;
  private long parkNanos = FIRST_PARK_NANOS;

  /** Waits a little if there is still patience for one more read, else returns false at once. */
  boolean again() {
    if (reads >= READS) {
      return false;
    }
    reads++;
    Uninterruptible.park(parkNanos);
    parkNanos = Math.min(2 * parkNanos, LONGEST_PARK_NANOS);
    return true;
  }
}
