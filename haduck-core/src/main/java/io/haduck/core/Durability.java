package io.haduck.core;

/** What waits for the object store. */
public enum Durability {
  /** Nothing waits; a crash loses what was not sent yet. */
  ASYNC,
  /** {@code CHECKPOINT}, an explicit sync and the last close wait. */
  CHECKPOINT,
  /** Every commit waits. Planned: refused until write-ahead log streaming exists. */
  COMMIT
}
