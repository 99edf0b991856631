package io.haduck.core.model;

/** What a follower believes of what it reads. */
enum FollowerRule {
  /** There is no follower. */
  NONE,
  /** Whatever names as its parent what was read before. */
  TRUSTS_PARENT,
  /** It begins with what a LIST before the reading showed at the head, and not one after it. */
  LISTS_BEFORE,
  /**
   * What names as its parent what was read before, while it polls often enough. At the beginning
   * and after a pause, only if a LIST made after the reading shows it at the head.
   */
  LISTS_AFTER_A_PAUSE,
  /**
   * What names as its parent what was read before, while it was at the head a short time ago: by a
   * LIST, or because there was no next key. Else only if a LIST made after the reading shows it at
   * the head.
   */
  LISTS_WHEN_BEHIND,
  /**
   * A BASE or EPOCH only if a LIST made after the reading shows it at the head, or another kind of
   * changeset follows it. All else by its parent. No clock.
   */
  LISTS_OPENINGS;

  /** Returns whether it matters how long ago something was. */
  boolean hasClock() {
    return this == LISTS_AFTER_A_PAUSE || this == LISTS_WHEN_BEHIND;
  }
}
