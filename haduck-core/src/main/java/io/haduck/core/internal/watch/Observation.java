package io.haduck.core.internal.watch;

import io.haduck.core.DatabasePosition;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.WalView;
import org.roaringbitmap.RoaringBitmap;

/**
 * A database at one moment, and what may have changed up to it.
 *
 * @param moment headers and write-ahead log
 * @param freeList of that iteration
 * @param candidates blocks in use that may differ from the last commit; not to be changed
 * @param everything whether {@code candidates} had to be all blocks in use
 * @param instance number of the DuckDB instance in which it was seen, counted from 1 by the
 *     observer
 */
public record Observation(
    DatabaseMoment moment,
    FreeList freeList,
    RoaringBitmap candidates,
    boolean everything,
    int instance) {

  /** Returns the headers, verbatim. */
  public DatabaseHeaders headers() {
    return moment.headers();
  }

  /** Returns the commits that follow the headers. */
  public WalView wal() {
    return moment.wal();
  }

  /** Returns the database header's counter, which grows by one with each checkpoint. */
  public long iteration() {
    return moment.iteration();
  }

  /** Returns how far the database was. */
  public DatabasePosition position() {
    return moment.position();
  }
}
