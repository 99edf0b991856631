package io.haduck.core.settings;

/** What opening does with a local database that has changes which the replica does not know. */
public enum DivergePolicy {
  /** Refuses to open, and says what either side has. */
  ERROR,
  /** Keeps the local files under another name beside it, and restores the replica. */
  RESTORE
}
