package io.haduck.core.internal.watch;

import io.haduck.core.DatabasePosition;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.WalView;
import org.roaringbitmap.RoaringBitmap;

/**
 * One iteration of a database file as it was seen, and what may have changed up to it.
 *
 * @param headers verbatim
 * @param freeList of that iteration
 * @param candidates blocks in use that may differ from the last commit; not to be changed
 * @param everything whether {@code candidates} had to be all blocks in use
 * @param wal the commits that follow these headers
 * @param instance number of the DuckDB instance in which it was seen, counted from 1 by the
 *     observer
 */
public record Observation(
    DatabaseHeaders headers,
    FreeList freeList,
    RoaringBitmap candidates,
    boolean everything,
    WalView wal,
    int instance) {

  /** The database header's counter, which grows by one with each checkpoint. */
  public long iteration() {
    return headers.active().iteration();
  }

  /** How far the database was. */
  public DatabasePosition position() {
    return new DatabasePosition(iteration(), wal.end(), wal.rewinds());
  }
}
