package io.haduck.core.lease;

import io.haduck.core.HaduckException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * For how long the lease object, and the head of the log beside it, have been as they are, by this
 * process's own clock, from the answers on that showed them. For one thread.
 */
final class Watch {
  private final LeaseClock clock;
  private final LongSupplier headSeq;
  private @Nullable String etag;
  private long etagNanos;
  private long sawNanos;
  private long notBeforeNanos;
  private long head = -1;
  private long headNanos;

  Watch(LeaseClock clock, LongSupplier headSeq) {
    this.clock = clock;
    this.headSeq = headSeq;
  }

  /**
   * The object has been seen.
   *
   * @param newEtag the empty string if there is none
   * @param ttlNanos whoever could not see it for half of that, since the store was silent or this
   *     process stood still, leaves the holder as much time to be heard of
   */
  void saw(String newEtag, long ttlNanos) {
    long now = clock.nanos();
    if (etag == null || now - sawNanos > ttlNanos / 2) {
      notBeforeNanos = now + ttlNanos / 2;
    }
    if (!newEtag.equals(etag)) {
      etag = newEtag;
      etagNanos = now;
    }
    sawNanos = now;
  }

  /** Returns whether the object has not changed for so long, and was looked at all the while. */
  boolean isUnchangedFor(long nanos) {
    return unchangedNanos() >= nanos && clock.nanos() - notBeforeNanos >= 0;
  }

  /** Returns for how long the object has not changed. */
  private long unchangedNanos() {
    return clock.nanos() - etagNanos;
  }

  /**
   * Looks at the head of the log.
   *
   * @return its seq; 0 if there is no log
   * @throws HaduckException if it cannot be seen
   */
  long head() {
    long now = headSeq.getAsLong();
    if (now != head) {
      head = now;
      headNanos = clock.nanos();
    }
    return now;
  }

  /** Returns whether the head has not moved for so long; one that cannot be seen stands still. */
  boolean headStoodStillFor(long nanos) {
    try {
      long unusedSinceItIsRemembered = head();
    } catch (HaduckException e) {
      return true;
    }
    return clock.nanos() - headNanos >= nanos;
  }

  /** Returns for how long neither has changed, as far as they were looked at. */
  long quietNanos() {
    long unchanged = unchangedNanos();
    return head < 0 ? unchanged : Math.min(unchanged, clock.nanos() - headNanos);
  }

  /** Returns how long until neither has changed for so long, if nothing does; 0 or less after. */
  long nanosUntilQuietFor(long nanos) {
    return Math.max(nanos - quietNanos(), notBeforeNanos - clock.nanos());
  }
}
