package io.haduck.core.model;

/** What a changeset is. */
enum Kind {
  NONE,
  BASE,
  CHECKPOINT,
  /** A commit in the WAL, whose bytes it has itself. */
  WAL,
  EPOCH,
  /** A commit in the WAL that names its writer's roll-up. */
  ROLLED_UP;

  static final Kind[] ALL = values();

  /** What a text says that is written at a seq. */
  static Kind of(int seq, String kinds) {
    if (seq == 1) {
      return BASE;
    }
    return kinds.charAt(seq - 1) == 'W' ? WAL : CHECKPOINT;
  }

  boolean isCheckpoint() {
    return this == BASE || this == CHECKPOINT;
  }

  /** Whether it leads to the same state from its parent and from its anchor. */
  boolean isSelfContained() {
    return this == CHECKPOINT || this == ROLLED_UP;
  }

  boolean isWal() {
    return this == WAL || this == ROLLED_UP;
  }
}
