package io.haduck.core;

/**
 * How far a database is: its last checkpoint, and the commits since.
 *
 * @param iteration of its active header: counts checkpoints; -1 for no database
 * @param walOffset behind the last commit, in bytes of the WAL's stream of that iteration
 * @param walRewinds how often, when this was seen, DuckDB had taken back a commit that could be
 *     seen but not be synced, as on a full disk
 */
public record DatabasePosition(long iteration, long walOffset, long walRewinds) {
  /** Before everything. */
  public static final DatabasePosition NONE = new DatabasePosition(-1, 0, 0);

  /**
   * Returns whether everything that was committed at another position, and acknowledged by DuckDB,
   * is part of this one. A position that was seen after a rewind covers all that were seen before
   * it: what they had more was never acknowledged.
   */
  public boolean covers(DatabasePosition other) {
    if (iteration != other.iteration) {
      return iteration > other.iteration;
    }
    return walRewinds > other.walRewinds
        || (walRewinds == other.walRewinds && walOffset >= other.walOffset);
  }
}
