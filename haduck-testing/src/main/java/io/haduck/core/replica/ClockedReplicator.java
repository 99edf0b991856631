package io.haduck.core.replica;

import java.time.InstantSource;

/** A replicator whose commits have the times of a test's clock. */
public final class ClockedReplicator {
  private ClockedReplicator() {}

  /** Returns the same options, with another clock for the times of commits. */
  public static ReplicatorOptions withClock(ReplicatorOptions options, InstantSource clock) {
    return options.withClock(clock);
  }
}
