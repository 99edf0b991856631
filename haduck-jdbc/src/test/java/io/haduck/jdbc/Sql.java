package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Statements of tests. */
final class Sql {
  private Sql() {}

  /** Runs statements whose results nobody reads. */
  static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** As {@link #run(Connection, String...)}, on a connection of their own. */
  static void run(String url, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, statements);
    }
  }

  /** Returns the first column of a query's first row; null if that is NULL. */
  static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /** As {@link #text(Connection, String)}, on a connection of its own. */
  static String text(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      return text(connection, sql);
    }
  }

  /** Returns the first column of a query's first row. */
  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** As {@link #number(Connection, String)}, on a connection of its own. */
  static long number(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      return number(connection, sql);
    }
  }

  /** Returns how many rows a table has. */
  static long count(Connection connection, String table) throws SQLException {
    return number(connection, "SELECT count(*) FROM " + table);
  }
}
