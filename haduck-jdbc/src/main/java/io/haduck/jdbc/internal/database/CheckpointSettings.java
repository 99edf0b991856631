package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DuckDB's settings that say when it checkpoints by itself; they hold for a whole instance. */
final class CheckpointSettings {
  private static final Logger log = LoggerFactory.getLogger(CheckpointSettings.class);

  /** How long its write-ahead log may become. */
  static final String THRESHOLD = "checkpoint_threshold";

  /** How many entries it may have, which DuckDB 1.5 and later count; 0 for any number. */
  static final String ENTRIES = "wal_autocheckpoint_entries";

  private CheckpointSettings() {}

  /**
   * Limits the entries, unless somebody has.
   *
   * @return whether they are limited now, by whomever
   */
  static boolean limitEntries(Connection duckdb, long entries) {
    try {
      if (read(duckdb, ENTRIES).equals("0")) {
        set(duckdb, ENTRIES, String.valueOf(entries));
      }
      return true;
    } catch (SQLException e) {
      log.debug(
          "DuckDB cannot be told to checkpoint after {} entries: {}", entries, e.getMessage());
      return false;
    }
  }

  static String read(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet =
            statement.executeQuery("SELECT current_setting('" + setting + "')::VARCHAR")) {
      resultSet.next();
      return String.valueOf(resultSet.getString(1));
    }
  }

  static void set(Connection connection, String setting, String value) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET GLOBAL " + setting + " = '" + value + "'");
    }
  }
}
