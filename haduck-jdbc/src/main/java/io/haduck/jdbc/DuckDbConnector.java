package io.haduck.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** Opens a connection of DuckDB's driver. */
@FunctionalInterface
interface DuckDbConnector {
  Connection connect() throws SQLException;

  /**
   * Opens a connection to the database in another file, with the same options, and runs no SQL of
   * the user's. Only of a database in a file.
   */
  default Connection connectTo(Path database) throws SQLException {
    throw new SQLException(database + " is not the database of a file");
  }

  /** Whether opening runs SQL of the user's, which may commit. */
  default boolean runsInitialSql() {
    return false;
  }

  /** Connects to the database in a file with the same options, and runs no SQL of the user's. */
  default DuckDbConnector withoutInitialSql(Path database) {
    DuckDbConnector user = this;
    return new DuckDbConnector() {
      @Override
      public Connection connect() throws SQLException {
        return user.connectTo(database);
      }

      @Override
      public Connection connectTo(Path other) throws SQLException {
        return user.connectTo(other);
      }
    };
  }
}
