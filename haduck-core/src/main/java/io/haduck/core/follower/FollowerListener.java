package io.haduck.core.follower;

import io.haduck.core.HaduckException;
import java.time.Duration;
import java.time.Instant;

/**
 * Told how a follower fares, on its own thread: must return soon. Every method does nothing by
 * default.
 */
public interface FollowerListener {
  /**
   * A newer state is shown.
   *
   * @param took what showing it took
   */
  default void shown(FollowedPosition position, Duration took) {}

  /**
   * Something fails; told once for each problem. It is tried again by itself.
   *
   * @param since when something first failed
   */
  default void failing(HaduckException problem, Instant since) {}

  /** What was {@link #failing} works again. */
  default void recovered() {}

  /** It has looked at the log, whatever came of it; told each time. */
  default void looked() {}

  /** Readers hold all copies that there may be, so that no newer state can be shown. */
  default void heldBack() {}
}
