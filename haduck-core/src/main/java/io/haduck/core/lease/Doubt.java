package io.haduck.core.lease;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import org.jspecify.annotations.Nullable;

/**
 * The lease was deleted, or is an older one again: the log may have lost as much. For one thread at
 * a time.
 */
final class Doubt {
  private final LeaseClock clock;
  private final LeaseOwner owner;
  private final long ttlNanos;
  private @Nullable Long sinceNanos;

  Doubt(LeaseClock clock, LeaseOwner owner, long ttlNanos) {
    this.clock = clock;
    this.owner = owner;
    this.ttlNanos = ttlNanos;
  }

  /** There is nothing to doubt now. */
  void over() {
    sinceNanos = null;
  }

  /**
   * Returns whether the lease may be written anew: the log is as it was, and nobody else is
   * confirmed. Whoever was confirmed until now knows that at once; others after a TTL, in which
   * whoever is would have seen it too.
   *
   * @param lost what is the matter
   * @param confirmed whether the holder was until now
   */
  boolean isLifted(String lost, boolean confirmed) {
    Long since = sinceNanos;
    if (since == null) {
      sinceNanos = clock.nanos();
      owner.historyDoubted(new DivergedException(lost));
    }
    if (!confirmed && (since == null || clock.nanos() - since < ttlNanos)) {
      return false;
    }
    try {
      return owner.canAppend() && owner.historyIntact();
    } catch (HaduckException e) {
      return false; // asked again at the next look
    }
  }
}
