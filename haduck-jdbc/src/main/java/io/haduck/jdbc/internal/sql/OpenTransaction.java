package io.haduck.jdbc.internal.sql;

/** Whether DuckDB has a transaction open that only COMMIT or ROLLBACK ends. */
public enum OpenTransaction {
  /** None: what was written is committed. */
  NONE,
  /** One: what it wrote is not committed. */
  OPEN,
  /** That is not to be had. */
  UNKNOWN
}
