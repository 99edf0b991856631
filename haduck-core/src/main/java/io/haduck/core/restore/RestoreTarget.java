package io.haduck.core.restore;

import java.time.Instant;

/**
 * Which moment of a replica to restore: each is one commit, or several that were sent together, not
 * only a checkpoint.
 */
public sealed interface RestoreTarget {
  /** The last commit. */
  record Latest() implements RestoreTarget {}

  /**
   * The state as of one changeset.
   *
   * @param seq from 1
   */
  record AtSeq(long seq) implements RestoreTarget {
    /** Checks the number. */
    public AtSeq {
      if (seq < 1) {
        throw new IllegalArgumentException("the first seq is 1, not " + seq);
      }
    }
  }

  /**
   * The last commit whose time is not later than this.
   *
   * @param time by the writers' clocks
   */
  record AtTime(Instant time) implements RestoreTarget {}

  /**
   * The state that has a name.
   *
   * @param name of a point, as it was made by {@code Haduck.point}
   */
  record AtPoint(String name) implements RestoreTarget {}

  /** Returns the last commit. */
  static RestoreTarget latest() {
    return new Latest();
  }

  /** Returns the state that has a name, such as {@code before-migration}. */
  static RestoreTarget point(String name) {
    return new AtPoint(name);
  }
}
