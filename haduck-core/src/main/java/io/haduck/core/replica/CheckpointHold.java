package io.haduck.core.replica;

/**
 * What the engine asks of whoever owns the SQL side of the database: to keep DuckDB's automatic
 * checkpoints back for a while, so that a long capture is not overtaken again and again. Best
 * effort; both methods return at once, never throw, and are called by the engine's thread.
 */
public interface CheckpointHold {
  /** A long capture begins to read. */
  void hold();

  /** It has read what it needs, or given up. */
  void release();

  /** Holds nothing. */
  static CheckpointHold none() {
    return new CheckpointHold() {
      @Override
      public void hold() {}

      @Override
      public void release() {}
    };
  }
}
