package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens a connection of DuckDB's driver. */
@FunctionalInterface
interface DuckDbConnector {
  Connection connect() throws SQLException;
}
