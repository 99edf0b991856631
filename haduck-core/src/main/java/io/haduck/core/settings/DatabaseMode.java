package io.haduck.core.settings;

/** What this process does with a database that has a replica. */
public enum DatabaseMode {
  /** Writes to it, and replicates what it writes. */
  WRITER,
  /** Reads it, as another process writes it. */
  FOLLOWER,
  /** Reads it, and becomes its writer when nobody else is. */
  STANDBY
}
