package io.haduck.core.settings;

/** What opening does when the database file is missing, or the replica is empty. */
public enum RestorePolicy {
  /**
   * Restores the latest state of the replica where the file is missing. An empty replica is begun.
   */
  IF_MISSING,
  /**
   * The same, but the replica must hold the database already, whether or not there is a file: for
   * all who want neither an empty database nor a second replica after a slip in a name.
   */
  REQUIRED,
  /** Refuses to open a database whose file is missing and whose replica is not. */
  NEVER
}
