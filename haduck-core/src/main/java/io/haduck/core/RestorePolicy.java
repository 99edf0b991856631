package io.haduck.core;

/** What opening does when the database file is missing and the replica is not. */
public enum RestorePolicy {
  /** Restores the latest state of the replica. */
  IF_MISSING,
  /** Refuses to open. */
  NEVER
}
