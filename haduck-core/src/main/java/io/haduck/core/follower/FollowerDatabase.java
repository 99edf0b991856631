package io.haduck.core.follower;

import io.haduck.core.UnopenedException;

/**
 * The SQL side of a follower: shows DuckDB a newer copy of the database. Called by one thread at a
 * time.
 */
public interface FollowerDatabase {
  /**
   * Puts a newer copy in the place of the one that is shown; the first one in the place of none.
   *
   * <p>When this returns, whatever begins reads the new copy; what is under way goes on with the
   * old one. A copy is not written to before another one was shown and DuckDB has no descriptor on
   * it any more; so whoever opens a copy must not do so while this runs, and must open the one that
   * was shown last. If this throws, the copy before is still the one that is shown.
   *
   * @throws UnopenedException if DuckDB does not open it
   */
  void show(FollowerCopy copy);

  /** How much of a write-ahead log this DuckDB replays; always the same. */
  WalReplay replay();
}
