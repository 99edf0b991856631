package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Statements of tests. */
final class Sql {
  private Sql() {}

  /** Runs a statement whose result nobody reads. */
  static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
