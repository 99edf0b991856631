package io.haduck.testing.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What a database holds, to be compared: {@link ReplicatedDatabase#contentsOf}, and of small tables
 * and views each row.
 */
public final class Contents {
  private static final int SMALL = 3000;

  private Contents() {}

  public static String of(Connection connection) throws SQLException {
    var text = new StringBuilder(ReplicatedDatabase.contentsOf(connection));
    List<String> names = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet tables =
          statement.executeQuery(
              "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1")) {
        while (tables.next()) {
          names.add(tables.getString(1));
        }
      }
      for (String name : names) {
        // DuckDB's estimate counts deleted rows until a checkpoint.
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM \"" + name + '"')) {
          count.next();
          if (count.getLong(1) >= SMALL) {
            continue;
          }
        }
        text.append('\n').append(name);
        try (ResultSet rows =
            statement.executeQuery("SELECT t::VARCHAR FROM \"" + name + "\" t ORDER BY 1")) {
          while (rows.next()) {
            text.append('\n').append(rows.getString(1));
          }
        }
      }
    }
    return text.toString();
  }
}
