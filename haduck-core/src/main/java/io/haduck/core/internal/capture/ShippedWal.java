package io.haduck.core.internal.capture;

import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.watch.Observation;

/** How much of the WAL's stream that was seen the log has. */
final class ShippedWal {
  private ShippedWal() {}

  /** How long the stream of that iteration is in the log, in bytes. */
  static long length(LogState known, Observation seen) {
    return known.wal().iteration() == seen.iteration() ? known.wal().length() : 0;
  }

  /**
   * Offset up to which the log has what was seen; DuckDB may have taken back what was sent already.
   * Of a piece that must be cut, all is sent again: what is left of it could not be rolled up.
   */
  static long unchangedUpTo(LogState known, Observation seen) {
    long shipped = length(known, seen);
    long unchanged = Math.min(seen.wal().end(), seen.wal().unchangedUpTo());
    if (unchanged >= shipped) {
      return shipped;
    }
    for (WalRun run : known.wal().runs()) {
      if (run.streamOffset() < unchanged && unchanged < run.streamEnd()) {
        return run.streamOffset();
      }
    }
    return unchanged;
  }
}
