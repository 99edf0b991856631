package io.haduck.core.model;

/** What must never be. */
enum Breach {
  ACKNOWLEDGED_IS_MISSING("an acknowledged append is not in the final history"),
  FENCED_IS_ACKNOWLEDGED("an append of a fenced writer is acknowledged"),
  FOLLOWER_IS_ASTRAY("a follower believes what is not a prefix of the final history"),
  HISTORY_FORKS("the head of the log does not follow the changeset before it"),
  TWO_HOLDERS("two processes have the lease's permit at once"),
  KEPT_IS_LOST("a state that is kept cannot be read"),
  READER_IS_ASTRAY("a reader gets another state than the one that it asked for"),
  GARBAGE_STAYS("what nothing needs is there after two sweeps");

  private final String text;

  Breach(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
