package io.haduck.jdbc.internal.database;

import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the indexes of a database whole when DuckDB has replayed a write-ahead log.
 *
 * <p>DuckDB keeps what a replay adds to an index aside, until something uses that index. An
 * automatic checkpoint, and with DuckDB 1.4 and 1.5 that of a close, writes the index without it,
 * and then the rows cannot be found by the index for good: DuckDB knows ("FIXME" in its {@code
 * SingleFileCheckpointWriter}). So each index is used once, by a statement that changes nothing,
 * right after the opening and before the user's first statement: the checkpoint to come writes it
 * whole. What SQL attaches is taken care of before: {@link ReplayBeforeAttach}. See
 * docs/reference/duckdb.md.
 */
public final class ReplayedIndexes {
  private static final Logger log = LoggerFactory.getLogger(ReplayedIndexes.class);

  private final Connection own;
  private final Path database;

  /** A table of the database, quoted for SQL. */
  private record Table(String name, long indexes) {}

  /**
   * Of one database.
   *
   * @param own a connection that nobody uses meanwhile
   * @param database its file, as DuckDB was given it
   */
  ReplayedIndexes(Connection own, Path database) {
    this.own = own;
    this.database = database;
  }

  /**
   * Whether DuckDB will replay something when it opens a file; to be asked before. Costs a few
   * calls of stat.
   */
  public static boolean mayReplay(Path database) {
    return WalFiles.of(database).holdAnything();
  }

  /**
   * As {@link #bind}, on a connection of its own, of a database that was opened with a write-ahead
   * log.
   */
  static void bindAll(Connection duckdb, Path database) {
    try (DuckDBConnection own = OwnConnection.beside(duckdb)) {
      new ReplayedIndexes(own, database).bind();
    } catch (SQLException e) {
      log.warn(
          "the indexes of {} cannot be looked at after its write-ahead log was replayed; they may miss rows: {}",
          database,
          e.getMessage());
    }
  }

  /** Uses every index once, and says so, and which cannot be used. */
  void bind() throws SQLException {
    Loaded loaded = load();
    loaded
        .failures()
        .forEach(
            (table, problem) ->
                log.warn(
                    "the indexes of {} in {} cannot be loaded after the write-ahead log was replayed ({}): what was"
                        + " committed since the last checkpoint may be missing in them. Load the extension that they"
                        + " need, or drop and create them again",
                    table,
                    database,
                    problem.getMessage()));
    loaded.say(database);
  }

  /**
   * What was loaded.
   *
   * @param indexes that are whole now
   * @param tables that have indexes
   * @param failures why those of some tables, by their names in SQL, cannot be loaded
   */
  record Loaded(long indexes, int tables, Map<String, SQLException> failures) {
    /** Logs how many. */
    void say(Path database) {
      if (indexes > 0) {
        log.info(
            "{} was opened with a write-ahead log: {} indexes of {} tables were loaded with what it adds to them",
            database,
            indexes,
            tables);
      }
    }
  }

  /** Uses every index once. */
  Loaded load() throws SQLException {
    own.setAutoCommit(true);
    List<Table> tables = tables();
    long indexes = 0;
    var failures = new LinkedHashMap<String, SQLException>();
    for (Table table : tables) {
      SQLException failure = load(table);
      if (failure == null) {
        indexes += table.indexes();
      } else {
        failures.put(table.name(), failure);
      }
    }
    return new Loaded(indexes, tables.size(), failures);
  }

  /** It deletes no row, and is rolled back; DuckDB loads all indexes of a table before it looks. */
  private @Nullable SQLException load(Table table) throws SQLException {
    own.setAutoCommit(false);
    try (Statement statement = own.createStatement()) {
      statement.execute("DELETE FROM " + table.name() + " WHERE false");
      return null;
    } catch (SQLException e) {
      return e;
    } finally {
      own.rollback();
      own.setAutoCommit(true);
    }
  }

  private List<Table> tables() throws SQLException {
    var tables = new ArrayList<Table>();
    try (PreparedStatement indexed =
        own.prepareStatement(
            "SELECT t.database_name, t.schema_name, t.table_name, t.index_count FROM duckdb_tables() t JOIN"
                + " duckdb_databases() d ON t.database_oid = d.database_oid WHERE d.path = ? AND t.index_count > 0 AND NOT"
                + " t.temporary ORDER BY ALL")) {
      indexed.setString(1, database.toString());
      try (ResultSet rows = indexed.executeQuery()) {
        while (rows.next()) {
          tables.add(
              new Table(
                  DatabaseNames.quoted(rows.getString(1))
                      + "."
                      + DatabaseNames.quoted(rows.getString(2))
                      + "."
                      + DatabaseNames.quoted(rows.getString(3)),
                  rows.getLong(4)));
        }
      }
    }
    return tables;
  }
}
