package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.duckdb.DuckDBDriver;

/** Plain DuckDB, apart from every instance that a user has open. */
public final class DetachedDuckDb {
  private DetachedDuckDb() {}

  /** Opens a database file, with DuckDB's own settings. */
  public static Connection open(Path database) throws SQLException {
    return connect("jdbc:duckdb:" + database);
  }

  /** Opens a database in memory, for questions about DuckDB itself. */
  public static Connection inMemory() throws SQLException {
    return connect("jdbc:duckdb:");
  }

  /**
   * Attaches a database file to a new database in memory.
   *
   * @param name of the database in SQL
   */
  static Connection attach(Path database, String name) throws SQLException {
    Connection connection = connect("jdbc:duckdb:");
    boolean done = false;
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "ATTACH '"
              + database.toString().replace("'", "''")
              + "' AS "
              + DatabaseNames.quoted(name));
      done = true;
      return connection;
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = new DuckDBDriver().connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("DuckDB's driver does not take " + url);
    }
    return connection;
  }
}
