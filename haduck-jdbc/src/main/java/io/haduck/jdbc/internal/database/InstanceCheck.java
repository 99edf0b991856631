package io.haduck.jdbc.internal.database;

import io.haduck.core.UnsupportedDatabaseException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Settings of a DuckDB instance under which its files cannot be replicated. */
final class InstanceCheck {
  private InstanceCheck() {}

  /**
   * Refuses an instance that goes on after a fatal error: what it writes then is not known to be a
   * database. DuckDB takes the setting only when the instance is made.
   *
   * @param duckdb a connection that is not busy
   * @throws UnsupportedDatabaseException if it does
   */
  static void requireInvalidation(Connection duckdb, Path path) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT value FROM duckdb_settings() WHERE name = 'disable_database_invalidation'")) {
      if (rows.next() && "true".equalsIgnoreCase(rows.getString(1))) {
        throw new UnsupportedDatabaseException(
            path
                + " cannot be replicated with disable_database_invalidation=true: what DuckDB writes after a fatal error"
                + " may be no database any more. Remove the option");
      }
    }
  }
}
