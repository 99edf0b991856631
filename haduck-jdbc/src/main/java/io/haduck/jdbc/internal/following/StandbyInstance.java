package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The DuckDB instance of a standby: a database in memory, which stays empty, and beside it the one
 * that is followed. Only what is attached can be made writable in one step. Safe for any thread.
 */
final class StandbyInstance implements CopyOpener {
  private final InMemoryConnector connector;
  private final Path database;
  private final String memory = ":memory:haduck-" + UUID.randomUUID();
  private volatile @Nullable String name;

  /**
   * An instance that is not open yet.
   *
   * @param database beside which DuckDB has its temporary files
   */
  StandbyInstance(InMemoryConnector connector, Path database) {
    this.connector = connector;
    this.database = database;
  }

  @Override
  public DuckDBConnection open(Path copy) throws SQLException {
    DuckDBConnection opened = connector.connect(memory);
    boolean done = false;
    try (Statement statement = opened.createStatement()) {
      statement.execute("ATTACH " + literal(copy) + " (READ_ONLY)");
      String given = nameOf(opened, copy);
      name = given;
      statement.execute("USE " + DatabaseNames.quoted(given));
      putTemporaryFilesBeside(statement);
      endTransaction(opened);
      done = true;
      return opened;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  /**
   * As DuckDB does by itself with a database in a file, unless the user says otherwise, or lets
   * nobody say anything (lock_configuration).
   */
  private void putTemporaryFilesBeside(Statement statement) throws SQLException {
    try (ResultSet set =
        statement.executeQuery(
            "SELECT value FROM duckdb_settings() WHERE name = 'temp_directory' AND value = '.tmp' AND NOT EXISTS"
                + " (SELECT 1 FROM duckdb_settings() WHERE name = 'lock_configuration' AND value = 'true')")) {
      if (!set.next()) {
        return;
      }
    }
    statement.execute(
        "SET GLOBAL temp_directory = "
            + literal(database.resolveSibling(database.getFileName() + ".tmp")));
  }

  private static String nameOf(Connection duckdb, Path copy) throws SQLException {
    try (PreparedStatement names =
        duckdb.prepareStatement("SELECT database_name FROM duckdb_databases() WHERE path = ?")) {
      names.setString(1, copy.toString());
      try (ResultSet found = names.executeQuery()) {
        if (!found.next()) {
          throw new SQLException("DuckDB does not say what it calls " + copy);
        }
        return found.getString(1);
      }
    }
  }

  /** Another connection, whose current database is the one that is followed. */
  DuckDBConnection connect() throws SQLException {
    DuckDBConnection opened = connector.connect(memory);
    boolean done = false;
    try (Statement statement = opened.createStatement()) {
      statement.execute("USE " + DatabaseNames.quoted(String.valueOf(name)));
      endTransaction(opened);
      done = true;
      return opened;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  /** Without auto-commit, which a URL can say, one has begun. */
  private static void endTransaction(Connection duckdb) throws SQLException {
    if (!duckdb.getAutoCommit()) {
      duckdb.commit();
    }
  }

  private static String literal(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }

  @Override
  public Object options() {
    return connector.options();
  }
}
