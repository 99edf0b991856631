package io.haduck.core.settings;

/** What opening does when the object store does not answer. */
public enum OfflinePolicy {
  /** Refuses to open, since another writer may own the replica. */
  ERROR,
  /**
   * Opens a local database that was replicated there before, and judges it when the store answers.
   */
  ALLOW
}
