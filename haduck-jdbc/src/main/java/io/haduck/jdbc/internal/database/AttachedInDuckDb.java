package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What DuckDB says of the databases that are attached to an instance, asked by connections of
 * haduck's own. Safe for any thread.
 */
final class AttachedInDuckDb {
  private static final Logger log = LoggerFactory.getLogger(AttachedInDuckDb.class);

  private final DuckDbConnector open;

  /**
   * Of one instance.
   *
   * @param open gives one of DuckDB's connections that are open, or fails
   */
  AttachedInDuckDb(DuckDbConnector open) {
    this.open = open;
  }

  /** An instance that is opened for reading attaches everything for reading. */
  boolean isReadOnly(Connection through) throws SQLException {
    try (DuckDBConnection own = duplicate(through);
        Statement statement = own.createStatement();
        ResultSet rows = statement.executeQuery("SELECT current_setting('access_mode')")) {
      return rows.next() && "read_only".equalsIgnoreCase(rows.getString(1));
    }
  }

  /**
   * As {@link InstanceCheck#requireInvalidation} says, of what is to be attached.
   *
   * @throws SQLException if the instance must not have it
   */
  void requireInvalidation(Connection through, Path path) throws SQLException {
    try (DuckDBConnection own = duplicate(through)) {
      InstanceCheck.requireInvalidation(own, path);
    }
  }

  /** Takes back what cannot be replicated. */
  void detach(Path path, Map<String, Path> found, @Nullable Connection through) {
    try (DuckDBConnection own = duplicate(through);
        Statement statement = own.createStatement()) {
      for (Map.Entry<String, Path> name : found.entrySet()) {
        if (name.getValue().equals(path)) {
          statement.execute("DETACH " + DatabaseNames.quoted(name.getKey()));
        }
      }
    } catch (SQLException e) {
      log.error(
          "{} is attached, cannot be replicated, and cannot be detached: {}", path, e.getMessage());
    }
  }

  /**
   * A connection of our own.
   *
   * @param through one that is not busy, since duplicating waits for its call; null for any
   */
  DuckDBConnection duplicate(@Nullable Connection through) throws SQLException {
    Connection beside = through == null || through.isClosed() ? open.connect() : through;
    return OwnConnection.beside(beside);
  }

  /** Paths of the databases in files, by their names. */
  Map<String, Path> paths(@Nullable Connection through) throws SQLException {
    var found = new HashMap<String, Path>();
    try (DuckDBConnection own = duplicate(through);
        Statement statement = own.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT database_name, path FROM duckdb_databases() WHERE path IS NOT NULL AND NOT readonly")) {
      while (rows.next()) {
        try {
          found.put(DatabaseNames.key(rows.getString(1)), Path.of(rows.getString(2)));
        } catch (InvalidPathException e) {
          log.debug("{} is no file of ours", rows.getString(1));
        }
      }
    }
    return found;
  }
}
