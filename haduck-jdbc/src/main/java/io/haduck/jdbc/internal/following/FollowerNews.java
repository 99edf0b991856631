package io.haduck.jdbc.internal.following;

import io.haduck.core.HaduckException;
import io.haduck.core.follower.FollowedPosition;
import io.haduck.core.follower.FollowerListener;
import io.haduck.core.replica.ReplicationListeners;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says of a followed database what a person may have to know, and tells who listens. */
final class FollowerNews implements FollowerListener {
  private static final Logger log = LoggerFactory.getLogger(FollowerNews.class);

  private final Path path;
  private final ReplicationListeners listeners;
  private final Runnable looked;

  /**
   * Of one database.
   *
   * @param looked run at each look at the log
   */
  FollowerNews(Path path, ReplicationListeners listeners, Runnable looked) {
    this.path = path;
    this.listeners = listeners;
    this.looked = looked;
  }

  @Override
  public void shown(FollowedPosition position, Duration took) {
    listeners.shown(position, took);
  }

  @Override
  public void failing(HaduckException problem, Instant since) {
    listeners.failing(problem, since);
  }

  @Override
  public void recovered() {
    log.info("{} is followed again", path);
    listeners.recovered();
  }

  @Override
  public void looked() {
    looked.run();
  }

  @Override
  public void heldBack() {
    log.warn(
        "readers of {} hold all copies of it, by long transactions or results that are not read to their end: nothing"
            + " newer can be shown until one of them ends",
        path);
    listeners.heldBack();
  }
}
