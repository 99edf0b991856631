package io.haduck.core.internal.opening;

import io.haduck.core.settings.OfflinePolicy;
import java.time.Duration;

/**
 * How long an opening waits for the store.
 *
 * @param most as the user says
 * @param offline whether the database may be opened without the store
 */
record OpeningPatience(Duration most, OfflinePolicy offline) {
  /** How long to try the store where a database may be opened without it. */
  private static final Duration BEFORE_OFFLINE = Duration.ofSeconds(5);

  /** How long to wait there for an answer, should the store be silent. */
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(15);

  /**
   * Returns how long to try again.
   *
   * @param answered whether the store has told what the log holds
   */
  Duration of(boolean answered) {
    return answered ? most : atMost(BEFORE_OFFLINE);
  }

  /**
   * Returns how long one call may take. A store may be slow to answer for the first time, and to
   * open beside one that lives makes two histories, where another process has the log.
   */
  Duration ofCalls() {
    return atMost(FIRST_ANSWER);
  }

  private Duration atMost(Duration time) {
    return offline == OfflinePolicy.ALLOW && most.compareTo(time) > 0 ? time : most;
  }
}
