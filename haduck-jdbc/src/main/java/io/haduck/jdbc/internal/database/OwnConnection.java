package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections of haduck's own to a DuckDB instance, by which the user's stay as they are. */
final class OwnConnection {
  private static final Logger log = LoggerFactory.getLogger(OwnConnection.class);

  private OwnConnection() {}

  /**
   * Another connection to the same instance, outside of any transaction. The caller closes it.
   *
   * @param duckdb one of DuckDB's that is open; if it is preparing a text of several statements,
   *     which runs all but the last, this waits for it
   */
  static DuckDBConnection beside(Connection duckdb) throws SQLException {
    DuckDBConnection own = duckdb.unwrap(DuckDBConnection.class).duplicate();
    own.setAutoCommit(true);
    stopProfiling(own);
    return own;
  }

  /**
   * A duplicate inherits it, and would overwrite the profile of the user's last statement; with
   * DuckDB 2.0 and {@code lock_configuration} it does, for there is nothing to switch it off by.
   */
  private static void stopProfiling(Connection own) {
    try (Statement statement = own.createStatement()) {
      statement.execute("PRAGMA disable_profiling");
    } catch (SQLException e) {
      log.debug("a connection of haduck's own goes on profiling", e);
    }
  }
}
