package io.haduck.jdbc;

/** What this process does with a database. */
public enum DatabaseRole {
  /** Uses it without a replica. */
  LOCAL_ONLY,
  /** Writes to it, and to its replica. */
  WRITER
}
