package io.haduck.jdbc.internal.database;

import io.haduck.core.restore.OpeningTrial;
import org.jspecify.annotations.Nullable;

/**
 * How a database is opened.
 *
 * @param attached whether by ATTACH, and not as the main database of an instance: then what comes
 *     from the environment serves it too, under the name of its file
 * @param trial asked whether DuckDB can open it, before the replica is taken over
 * @param waits whether another process is waited for that has the lease
 * @param promoted what a standby has that becomes its writer; null for whoever opens it as one
 */
record DatabaseOpening(
    boolean attached, OpeningTrial trial, boolean waits, @Nullable Promoted promoted) {
  /** As the main database. */
  static DatabaseOpening main(OpeningTrial trial) {
    return new DatabaseOpening(false, trial, true, null);
  }

  /** By ATTACH. */
  static DatabaseOpening attached(OpeningTrial trial) {
    return new DatabaseOpening(true, trial, true, null);
  }

  /** The same, but waits for nobody. */
  DatabaseOpening atOnce() {
    return new DatabaseOpening(attached, trial, false, promoted);
  }
}
