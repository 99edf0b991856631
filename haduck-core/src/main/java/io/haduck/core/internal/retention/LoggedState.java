package io.haduck.core.internal.retention;

import java.time.Instant;

/**
 * A state that can be restored: that after one changeset of the log.
 *
 * @param seq of the changeset
 * @param kind of it
 * @param time its writer's, which orders and names it, and ascends along the log
 * @param modified the store's time of the changeset's key, by which its age counts
 */
public record LoggedState(long seq, Kind kind, Instant time, Instant modified) {
  /** What a changeset leads to. */
  public enum Kind {
    /** A state in the database file: a BASE or CHECKPOINT. */
    CHECKPOINT,
    /** A state that is in the write-ahead log in part. */
    WAL,
    /** The state before it once more, under another writer. */
    EPOCH
  }
}
