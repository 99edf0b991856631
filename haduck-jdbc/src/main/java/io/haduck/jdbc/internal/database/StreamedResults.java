package io.haduck.jdbc.internal.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a DuckDB instance may stream results: then a statement runs while its result is read, and
 * commits at its end. An option of the driver's, given when the instance is opened or by SET. Safe
 * for any thread.
 */
public final class StreamedResults {
  private static final Logger log = LoggerFactory.getLogger(StreamedResults.class);

  private volatile boolean asked;
  private volatile boolean inUse;

  /** A text has named the option. */
  public void note() {
    inUse = true;
  }

  /**
   * Whether it may; asks DuckDB once, and in doubt says so.
   *
   * @param anyOpen gives a connection of DuckDB's
   */
  public boolean inUse(DuckDbConnector anyOpen) {
    if (!asked && !inUse) {
      inUse |= ask(anyOpen);
      asked = true;
    }
    return inUse;
  }

  private static boolean ask(DuckDbConnector anyOpen) {
    try (DuckDBConnection own = OwnConnection.beside(anyOpen.connect())) {
      return isOn(own);
    } catch (SQLException e) {
      log.debug("DuckDB does not say whether it streams results: {}", e.getMessage());
      return true;
    }
  }

  /** Whether results of a connection stream unless it says otherwise. */
  static boolean isOn(DuckDBConnection own) throws SQLException {
    // Not by current_setting, which fails where the option was never set.
    try (Statement statement = own.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT value::BOOLEAN FROM duckdb_settings() WHERE name = 'jdbc_stream_results'")) {
      return row.next() && row.getBoolean(1);
    }
  }
}
