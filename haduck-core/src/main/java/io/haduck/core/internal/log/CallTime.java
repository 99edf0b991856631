package io.haduck.core.internal.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;

/**
 * How long calls of one kind are given, by what became of those before: a call that was given up is
 * given twice the time when it is tried again, and from then on calls are given twice what an
 * answer took. So nothing fails for ever that would have come in the end. Safe for any thread.
 */
final class CallTime {
  /** As long as one attempt at a request is given by the object stores of haduck. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  @GuardedBy("this")
  private Duration learned = Duration.ZERO;

  /**
   * Returns how long the next call may take.
   *
   * @param patience of whoever waits; it is never given less
   */
  synchronized Duration limit(Duration patience) {
    return learned.compareTo(patience) > 0 ? learned : patience;
  }

  /** A call was answered after so long. */
  synchronized void answered(Duration took) {
    learned = shorter(took.multipliedBy(2));
  }

  /** A call was given up that had so long. */
  synchronized void givenUp(Duration limit) {
    learned = shorter(limit.multipliedBy(2));
  }

  private static Duration shorter(Duration time) {
    return time.compareTo(LONGEST) < 0 ? time : LONGEST;
  }
}
