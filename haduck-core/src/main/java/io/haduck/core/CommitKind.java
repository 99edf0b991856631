package io.haduck.core;

/** What a commit of the log brought. */
public enum CommitKind {
  /** The database as a whole. */
  BASE,
  /** What has changed up to a checkpoint of DuckDB's. */
  CHECKPOINT,
  /** Commits since the last checkpoint. */
  WAL,
  /** Nothing: a new writer took over. */
  EPOCH
}
