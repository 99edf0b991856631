package io.haduck.jdbc.internal.database;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says which tables a database has that was restored, once DuckDB has opened it. */
final class RestoredTables {
  private static final Logger log = LoggerFactory.getLogger(RestoredTables.class);
  private static final int MOST_NAMES = 10;

  private RestoredTables() {}

  /**
   * Says it at INFO. Never fails: it is for people only.
   *
   * @param own a connection of ours that nobody uses meanwhile
   * @param database its file, as DuckDB was given it
   */
  static void tell(Connection own, Path database) {
    if (!log.isInfoEnabled()) {
      return;
    }
    List<String> names = new ArrayList<>();
    int count = 0;
    try (PreparedStatement tables =
        own.prepareStatement(
            "SELECT t.schema_name || '.' || t.table_name FROM duckdb_tables() t JOIN duckdb_databases() d"
                + " ON t.database_oid = d.database_oid WHERE d.path = ? AND NOT t.internal ORDER BY 1")) {
      tables.setString(1, database.toString());
      try (ResultSet rows = tables.executeQuery()) {
        while (rows.next()) {
          if (count++ < MOST_NAMES) {
            names.add(rows.getString(1));
          }
        }
      }
    } catch (SQLException e) {
      log.debug("the tables of {} that was restored cannot be listed", database, e);
      return;
    }
    log.info(
        "{} was restored with {} tables{}{}",
        database,
        count,
        count == 0 ? "" : ": " + String.join(", ", names),
        count > MOST_NAMES ? ", …" : "");
  }
}
