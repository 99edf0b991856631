package io.haduck.core.internal.watch;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.WalView;

/**
 * A database as it was at one moment: its last checkpoint, and the commits since.
 *
 * @param headers verbatim
 * @param wal the commits that follow them
 */
public record Sighting(DatabaseHeaders headers, WalView wal) {
  /** The database header's counter, which grows by one with each checkpoint. */
  public long iteration() {
    return headers.active().iteration();
  }

  /** How far the database was. */
  public DatabasePosition position() {
    return new DatabasePosition(iteration(), wal.end(), wal.rewinds());
  }

  /** What is compared with a later moment, to tell whether anything was committed. */
  public CommitMark mark() {
    return new CommitMark(position(), wal.draws());
  }
}
