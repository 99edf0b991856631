package io.haduck.core.settings;

/** What waits for the object store. */
public enum Durability {
  /** Nothing waits; losing the machine loses what was not sent yet. */
  ASYNC,
  /** {@code CHECKPOINT}, an explicit sync and the last close wait. */
  CHECKPOINT,
  /** Every commit waits too; connecting waits until the replica holds the database at all. */
  COMMIT
}
