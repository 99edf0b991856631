package io.haduck.core.internal.log;

import java.time.Duration;
import java.time.Instant;

/**
 * The last moment at which the log was known to end with what its writer had appended. For a while
 * after it, a key that the writer creates is believed to follow what it knows: what could be in
 * between has not been deleted yet, whatever the writer missed.
 *
 * <p>Clocks of different machines are not compared: an age is taken on the store's clock and on our
 * own, and both must be small. The store's may be set back, which makes an age negative; ours may
 * stand still while a virtual machine is suspended, which shows as a jump of the wall clock. Either
 * is no proof of anything, so that the log is listed again.
 *
 * @param storeTime what the store's clock said
 * @param nanos of our ticker, before the request was sent
 * @param wallTime of our wall clock then
 * @param believedFor how old it may be
 */
record Confirmation(Instant storeTime, long nanos, Instant wallTime, Duration believedFor) {
  /** A constant of the format: whoever deletes keys of the log relies on it. */
  static final Duration BELIEVED_FOR = Duration.ofSeconds(15);

  /** By so much wall clock and ticker may differ in what they say has passed. */
  private static final Duration LARGEST_JUMP = Duration.ofSeconds(2);

  /**
   * Whether it is recent enough.
   *
   * @param answered the store's time of an answer since
   * @param nowNanos our ticker, after that answer
   * @param now our wall clock then
   */
  boolean covers(Instant answered, long nowNanos, Instant now) {
    Duration byStore = Duration.between(storeTime, answered);
    Duration byTicker = Duration.ofNanos(nowNanos - nanos);
    Duration jump = Duration.between(wallTime, now).minus(byTicker).abs();
    return !byStore.isNegative()
        && byStore.compareTo(believedFor) <= 0
        && byTicker.compareTo(believedFor) <= 0
        && jump.compareTo(LARGEST_JUMP) <= 0;
  }
}
