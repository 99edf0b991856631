package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.metadata.WalkResult.Unproven;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBConnection;
import org.roaringbitmap.RoaringBitmap;

/** A real DuckDB that has a database file open, whose metadata is walked beside it. */
final class WalkedDatabase implements AutoCloseable {
  private static final int ROWS_READ = 3000;

  private final Connection connection;
  private final Path path;

  private WalkedDatabase(Connection connection, Path path) {
    this.connection = connection;
    this.path = path;
  }

  /** Attached with these options, for example {@code BLOCK_SIZE 16384}; with none if empty. */
  static WalkedDatabase attach(Path path, String options) throws SQLException {
    WalkedDatabase database = new WalkedDatabase(DriverManager.getConnection("jdbc:duckdb:"), path);
    database.execute(
        "ATTACH '" + path + "' AS db" + (options.isEmpty() ? "" : " (" + options + ")"),
        "USE db",
        "SET checkpoint_threshold = '1 TB'");
    return database;
  }

  /** Another connection to the same. */
  WalkedDatabase another() throws SQLException {
    WalkedDatabase other =
        new WalkedDatabase(connection.unwrap(DuckDBConnection.class).duplicate(), path);
    other.execute("USE db");
    return other;
  }

  /** Which line of DuckDB this is: 104, 105, 200. */
  static int line() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      return connection.getMetaData().getDatabaseProductVersion().startsWith("v1.4")
          ? 104
          : connection.getMetaData().getDatabaseProductVersion().startsWith("v1.5") ? 105 : 200;
    }
  }

  void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        try {
          statement.execute(sql);
        } catch (SQLException e) {
          throw new SQLException(sql + ": " + e.getMessage(), e);
        }
      }
    }
  }

  /** Whether DuckDB took it. */
  boolean tryToExecute(String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Begins to read a table, and keeps its transaction open until this is closed. */
  void readSome(String table) throws SQLException {
    Statement statement = connection.createStatement();
    statement.execute("SET SESSION jdbc_stream_results = true");
    ResultSet rows = statement.executeQuery("SELECT * FROM " + table);
    for (int count = 0; count < ROWS_READ && rows.next(); count++) {
      rows.getObject(1);
    }
  }

  List<String> strings(String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  DatabaseFile file() throws Exception {
    return DatabaseFiles.open(path);
  }

  WalkResult walk() throws Exception {
    DatabaseFile file = file();
    DatabaseHeaders headers = file.readHeaders();
    WalkResult result = MetadataWalk.walk(headers.active(), new DatabaseFileBlocks(file, headers));
    if (!file.readHeaders().equals(headers)) {
      throw new AssertionError("the header moved, though nothing checkpoints but this test");
    }
    return result;
  }

  /** Checkpoints and walks; fails unless it is proven. */
  Walked checkpoint(String what) throws Exception {
    execute("CHECKPOINT db");
    WalkResult result = walk();
    if (result instanceof Unproven unproven) {
      throw new AssertionError(what + ": unproven, " + unproven.reason());
    }
    return (Walked) result;
  }

  /** As {@link #checkpoint}, and fails unless the sum closes and DuckDB agrees. */
  Walked checkpointAndSum(String what) throws Exception {
    Walked walked = checkpoint(what);
    BlockSum sum = walked.sum(file().readHeaders().active().blockCount());
    if (!sum.closes()) {
      throw new AssertionError(what + ": " + sum.faults());
    }
    assertAsDuckDbSays(what, walked.referenced());
    return walked;
  }

  /**
   * DuckDB lists the blocks of tables, and how many segments lie in each; those of indexes it keeps
   * to itself.
   */
  void assertAsDuckDbSays(String what, ReferencedBlocks referenced) throws SQLException {
    RoaringBitmap listed = new RoaringBitmap();
    Map<Integer, Integer> uses = new HashMap<>();
    for (String table :
        strings(
            "SELECT '\"' || replace(schema_name, '\"', '\"\"') || '\".\"' || replace(table_name, '\"', '\"\"') || '\"'"
                + " FROM duckdb_tables() WHERE database_name = 'db'")) {
      for (String id :
          strings(
              "SELECT unnest(list_append(additional_block_ids, block_id)) FROM pragma_storage_info('"
                  + table.replace("'", "''")
                  + "') WHERE persistent AND block_id IS NOT NULL")) {
        int block = Integer.parseInt(id);
        if (block >= 0) {
          listed.add(block);
          uses.merge(block, 1, Integer::sum);
        }
      }
    }
    RoaringBitmap indexes = new RoaringBitmap();
    referenced.indexes().forEach(index -> indexes.or(index.blocks()));
    RoaringBitmap all = RoaringBitmap.or(listed, indexes);
    if (!all.equals(referenced.blocks())) {
      throw new AssertionError(
          what
              + ": DuckDB lists "
              + RoaringBitmap.andNot(all, referenced.blocks())
              + " beyond what was found, and not "
              + RoaringBitmap.andNot(referenced.blocks(), all));
    }
    for (int block : listed) {
      int found = referenced.useCounts().getOrDefault(block, 1);
      if (!indexes.contains(block) && found != uses.get(block)) {
        throw new AssertionError(
            what + ": block " + block + " is used " + uses.get(block) + " times, found " + found);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
