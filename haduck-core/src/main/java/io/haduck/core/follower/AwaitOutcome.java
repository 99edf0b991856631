package io.haduck.core.follower;

/** How waiting for a position has ended. */
public enum AwaitOutcome {
  /** What is shown holds it. */
  REACHED,
  /** It is not there yet; it may still come. */
  TIMED_OUT,
  /**
   * It will never come as that writer's: he ended before it was on the replica, or another one took
   * over without it, or it is of another database. (A restart on the same file may have sent it.)
   * Said too where the log no longer tells whether the writer that took over had it.
   */
  LOST
}
