package io.haduck.bench;

import io.haduck.jdbc.Haduck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;

/**
 * What opening a database costs that has not changed since it was closed, next to plain DuckDB on
 * the same file, in turns: a small one, a large one, and one of many tables. How much longer it
 * takes with haduck should depend on neither size.
 */
final class Opening implements Scenario {
  private static final String PLAIN = "jdbc:duckdb: connecting and reading a row";
  private static final String HADUCK = "jdbc:haduck: connecting and reading a row";
  private static final String PLAIN_CLOSE = "jdbc:duckdb: closing";
  private static final String HADUCK_CLOSE = "jdbc:haduck: closing";
  private static final int TABLES = 10_000;

  @Override
  public void run(Workspace workspace) throws Exception {
    workspace.out().println("replica of jdbc:haduck: a directory; linger=0s");
    Path small = workspace.file("small.duckdb");
    try (Connection connection = connect(workspace, small);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE one AS SELECT 1 AS id");
    }
    measure(workspace, small, "one", "one row");
    Path large = workspace.file("large.duckdb");
    try (Connection connection = connect(workspace, large)) {
      Orders.create(connection).growTo(workspace.options().megabytes() * 1_000_000);
      Haduck.checkpoint(connection);
    }
    measure(workspace, large, "orders", "one table");
    Path many = workspace.file("many.duckdb");
    int tables = Math.min(TABLES, workspace.options().rows());
    try (Connection connection = connect(workspace, many)) {
      createTables(connection, tables);
      Haduck.checkpoint(connection);
    }
    measure(workspace, many, "t0", String.format(Locale.ROOT, "%,d tables", tables));
  }

  private static void createTables(Connection connection, int tables) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (int i = 0; i < tables; i++) {
        statement.execute("CREATE TABLE t" + i + " AS SELECT " + i + " AS id, 'table' AS name");
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static Connection connect(Workspace workspace, Path database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + database
            + ";haduck.linger=0s;haduck.replica=file:"
            + workspace.file("replica"));
  }

  private static void measure(Workspace workspace, Path database, String table, String what)
      throws Exception {
    Measures measures = workspace.measures();
    int turns = workspace.options().rounds() * 4;
    for (int turn = -2; turn < turns; turn++) {
      Measures into = turn < 0 ? workspace.measures() : measures; // the first ones warm up
      for (int way = 0; way < 2; way++) {
        boolean haduck = (turn + way) % 2 == 0; // none is always the one after the other
        long begun = System.nanoTime();
        Connection connection =
            haduck
                ? connect(workspace, database)
                : DriverManager.getConnection("jdbc:duckdb:" + database);
        readOne(connection, table);
        long opened = System.nanoTime();
        connection.close();
        long closed = System.nanoTime();
        into.add(haduck ? HADUCK : PLAIN, opened - begun);
        into.add(haduck ? HADUCK_CLOSE : PLAIN_CLOSE, closed - opened);
      }
    }
    workspace
        .out()
        .println(what + ", " + Measures.bytes(Files.size(database)) + ", " + turns + " turns");
    measures.heading();
    measures.report(PLAIN);
    measures.report(HADUCK);
    measures.ratio(HADUCK, PLAIN);
    measures.report(PLAIN_CLOSE);
    measures.report(HADUCK_CLOSE);
  }

  private static void readOne(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT id FROM " + table + " LIMIT 1")) {
      if (!row.next()) {
        throw new IllegalStateException("a row is missing");
      }
    }
  }
}
