package io.haduck.core.follower;

/** How much of a write-ahead log a DuckDB replays that opens a database read-only. */
public enum WalReplay {
  /** All of it, as DuckDB 2.0 does. */
  WHOLE,
  /**
   * All but the making and dropping of indexes, at which DuckDB 1.4 and 1.5 fail: these are left
   * out of the copy's log. The rows are right; indexes that were made since the last checkpoint are
   * not there.
   */
  WITHOUT_INDEXES,
  /** None: only checkpoints are shown. */
  NONE
}
