package io.haduck.core.internal.duckdb;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A real DuckDB that has a database file open. */
final class DuckDatabase implements AutoCloseable {
  private final Connection connection;

  private DuckDatabase(Connection connection) {
    this.connection = connection;
  }

  static DuckDatabase open(Path path) throws SQLException {
    return new DuckDatabase(DriverManager.getConnection("jdbc:duckdb:" + path));
  }

  /**
   * With ATTACH options, for example {@code BLOCK_SIZE 16384}; statements then mean this database.
   */
  static DuckDatabase attach(Path path, String options) throws SQLException {
    DuckDatabase database = new DuckDatabase(DriverManager.getConnection("jdbc:duckdb:"));
    try {
      // else a DuckDB without its httpfs extension writes no encrypted files
      database.executeIfKnown("SET force_mbedtls_unsafe = true");
      database.execute("ATTACH '" + path + "' AS db (" + options + ")", "USE db");
      return database;
    } catch (SQLException e) {
      database.close();
      throw e;
    }
  }

  /**
   * What is checked when nothing but commits should write: checkpoints come only when asked for.
   */
  DuckDatabase withoutAutomaticCheckpoints() throws SQLException {
    execute("SET checkpoint_threshold = '1 TB'");
    return this;
  }

  void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** A setting that only some versions of DuckDB have. */
  void executeIfKnown(String sql) throws SQLException {
    try {
      execute(sql);
    } catch (SQLException e) {
      if (!e.getMessage().contains("unrecognized configuration parameter")) {
        throw e;
      }
    }
  }

  /** The first column of all rows. */
  List<Long> longs(String sql) throws SQLException {
    List<Long> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getLong(1));
      }
    }
    return values;
  }

  /** The only value of a query. */
  long number(String sql) throws SQLException {
    return longs(sql).get(0);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
