package io.haduck.jdbc;

/** What this process does with a database. */
public enum DatabaseRole {
  /** Uses it without a replica. */
  LOCAL_ONLY,
  /** Writes to it, and to its replica. */
  WRITER,
  /** Reads it, as another process writes it. */
  FOLLOWER,
  /** Reads it, as another process writes it, and becomes its writer when nobody else is. */
  STANDBY
}
