package io.haduck.jdbc.internal.database;

/**
 * What haduck does in a DuckDB instance to one database that it has open, for as long as it has.
 *
 * @param hold on its automatic checkpoints
 * @param soon asks for checkpoints of haduck's own
 */
record InDuckDb(DuckDbCheckpointHold hold, SoonCheckpoint soon) {

  /**
   * DuckDB is about to close the database: puts its settings back, and no checkpoint of haduck's
   * own begins any more. Whoever closes the database has waited for one that is under way, without
   * any lock.
   */
  void end() {
    soon.stop();
    hold.releaseNow();
  }
}
