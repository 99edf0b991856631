package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens a connection of DuckDB's driver. */
@FunctionalInterface
interface DuckDbConnector {
  Connection connect() throws SQLException;

  /** Whether opening runs SQL of the user's, which may commit. */
  default boolean runsInitialSql() {
    return false;
  }
}
