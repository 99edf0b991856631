package io.haduck.core.watch;

import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.WalView;

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
}
