package io.haduck.jdbc.internal.database;

import org.jspecify.annotations.Nullable;

/**
 * What haduck does in a DuckDB instance to one database that it has open, for as long as it has.
 *
 * @param hold on its automatic checkpoints
 * @param soon asks for checkpoints of haduck's own; null where there are none
 */
record InDuckDb(DuckDbCheckpointHold hold, @Nullable SoonCheckpoint soon) {

  /**
   * DuckDB is about to close the database: puts its settings back, and no checkpoint of haduck's
   * own begins any more. Whoever closes the database has waited for one that is under way, without
   * any lock.
   */
  void end() {
    if (soon != null) {
      soon.stop();
    }
    hold.releaseNow();
  }
}
