package io.haduck.bench;

import io.haduck.jdbc.Haduck;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * The same statements through {@code jdbc:duckdb:} and {@code jdbc:haduck:}, in short turns in a
 * random order, in one JVM: what disturbs the machine disturbs all of them. A second database
 * through {@code jdbc:duckdb:} shows what is noise. DuckDB has one thread, the caller's, so that
 * the processor time of that thread is all that a statement costs it; unlike the time on the clock,
 * it hardly depends on what else runs here.
 *
 * <p>After turns that write, every database is checkpointed, and replicated to the end, so that
 * nobody pays for another's background work; that work is the business of the other scenarios.
 */
final class Overhead implements Scenario {
  private static final String PLAIN = "jdbc:duckdb:";

  /** One way to a database. */
  private record Way(String name, Connection connection, boolean haduck) {
    void settle() throws SQLException {
      if (haduck) {
        Haduck.checkpoint(connection);
      } else {
        try (Statement statement = connection.createStatement()) {
          statement.execute("CHECKPOINT");
        }
      }
    }
  }

  /** What is done in one turn. */
  @FunctionalInterface
  private interface Work {
    void run(Connection connection, int turn) throws SQLException;
  }

  private record Job(String name, boolean writes, Work work) {}

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    var ways = new ArrayList<Way>();
    try {
      String replica = ";haduck.replica=file:" + workspace.file("replica");
      open(ways, workspace, PLAIN, "plain", "jdbc:duckdb:", "");
      open(ways, workspace, "jdbc:duckdb: again (noise)", "again", "jdbc:duckdb:", "");
      open(
          ways,
          workspace,
          "jdbc:haduck: local only",
          "local",
          "jdbc:haduck:",
          ";haduck.replica=none");
      open(
          ways,
          workspace,
          "jdbc:haduck: async",
          "async",
          "jdbc:haduck:",
          replica + ";haduck.durability=async");
      open(
          ways,
          workspace,
          "jdbc:haduck: checkpoint",
          "checkpoint",
          "jdbc:haduck:",
          replica + ";haduck.durability=checkpoint");
      for (Way way : ways) {
        prepare(way, options.rows());
      }
      workspace
          .out()
          .println("replica of jdbc:haduck: a directory; a table of " + options.rows() + " rows");
      workspace
          .out()
          .println("medians and ratios over " + options.rounds() * options.turns() + " turns");
      for (Job job : jobs(options.rows())) {
        measure(workspace, job, ways);
      }
    } finally {
      for (Way way : ways) {
        way.connection().close();
      }
      Haduck.shutdown();
    }
  }

  private static void open(
      List<Way> ways, Workspace workspace, String name, String file, String scheme, String options)
      throws SQLException {
    Path database = workspace.file("overhead-" + file + ".duckdb");
    ways.add(
        new Way(
            name,
            DriverManager.getConnection(scheme + database + options),
            scheme.equals("jdbc:haduck:")));
  }

  private static void prepare(Way way, int rows) throws SQLException {
    try (Statement statement = way.connection().createStatement()) {
      statement.execute("SET threads = 1");
      statement.execute("CREATE TABLE items (id BIGINT PRIMARY KEY, name VARCHAR, price DOUBLE)");
      statement.execute(
          "INSERT INTO items SELECT i, 'item number ' || i, i / 7.0 FROM range(" + rows + ") n(i)");
      statement.execute("CREATE TABLE log (id BIGINT, name VARCHAR, price DOUBLE)");
    }
    way.settle();
  }

  private static List<Job> jobs(int rows) {
    int bulk = rows / 5;
    return List.of(
        new Job(
            "preparing, executing and reading 200 SELECTs by key",
            false,
            (connection, turn) -> selects(connection, turn, rows, 200)),
        new Job(
            "executing and reading one prepared SELECT 200 times",
            false,
            (connection, turn) -> executions(connection, turn, rows, 200)),
        new Job("50 autocommitted INSERTs", true, Overhead::inserts),
        new Job("a batch of 1,000 prepared INSERTs", true, Overhead::batch),
        new Job(
            "reading " + rows + " rows by getLong and getString",
            false,
            (connection, turn) -> read(connection)),
        new Job(
            "appending " + bulk + " rows, unwrapped",
            true,
            (connection, turn) -> append(connection, bulk)),
        new Job(
            "INSERT ... SELECT of " + bulk + " rows",
            true,
            (connection, turn) -> insertSelect(connection, bulk)));
  }

  private static void measure(Workspace workspace, Job job, List<Way> ways) throws Exception {
    Measures clock = workspace.measures();
    Measures processor = workspace.measures();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    var random = new Random(7);
    int turns = workspace.options().rounds() * workspace.options().turns();
    for (int turn = -3; turn < turns; turn++) {
      var order = new ArrayList<>(ways);
      Collections.shuffle(order, random);
      for (Way way : order) {
        long begun = System.nanoTime();
        long begunProcessor = threads.getCurrentThreadCpuTime();
        job.work().run(way.connection(), turn + 3);
        if (turn >= 0) { // the first ones warm up
          processor.add(way.name(), threads.getCurrentThreadCpuTime() - begunProcessor);
          clock.add(way.name(), System.nanoTime() - begun);
        }
        if (job.writes()) {
          way.settle();
        }
      }
    }
    workspace.out().println(job.name() + ": processor time of the thread");
    processor.heading();
    for (Way way : ways) {
      processor.report(way.name());
    }
    for (Way way : ways.subList(1, ways.size())) {
      processor.ratio(way.name(), PLAIN);
    }
    workspace.out().println("  the same by the clock");
    for (Way way : ways) {
      clock.report(way.name());
    }
    for (Way way : ways.subList(1, ways.size())) {
      clock.ratio(way.name(), PLAIN);
    }
  }

  private static void selects(Connection connection, int turn, int rows, int count)
      throws SQLException {
    for (int i = 0; i < count; i++) {
      try (PreparedStatement select =
          connection.prepareStatement("SELECT name, price FROM items WHERE id = ?")) {
        select.setLong(1, (turn * 7919L + i * 104_729L) % rows);
        readOne(select);
      }
    }
  }

  private static void executions(Connection connection, int turn, int rows, int count)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT name, price FROM items WHERE id = ?")) {
      for (int i = 0; i < count; i++) {
        select.setLong(1, (turn * 7919L + i * 104_729L) % rows);
        readOne(select);
      }
    }
  }

  private static void readOne(PreparedStatement select) throws SQLException {
    try (ResultSet result = select.executeQuery()) {
      if (!result.next() || result.getString(1).isEmpty()) {
        throw new IllegalStateException("a row is missing");
      }
    }
  }

  private static void inserts(Connection connection, int turn) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (int i = 0; i < 50; i++) {
        statement.executeUpdate("INSERT INTO log VALUES (" + i + ", 'turn " + turn + "', 1.5)");
      }
    }
  }

  private static void batch(Connection connection, int turn) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO log VALUES (?, ?, ?)")) {
      for (int i = 0; i < 1_000; i++) {
        insert.setLong(1, i);
        insert.setString(2, "turn " + turn);
        insert.setDouble(3, i * 1.5);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static void read(Connection connection) throws SQLException {
    long length = 0;
    long sum = 0;
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT id, name FROM items")) {
      while (result.next()) {
        sum += result.getLong(1);
        length += result.getString(2).length();
      }
    }
    if (sum <= 0 || length <= 0) {
      throw new IllegalStateException("rows are missing");
    }
  }

  private static void append(Connection connection, int rows) throws SQLException {
    try (DuckDBAppender appender =
        connection.unwrap(DuckDBConnection.class).createAppender("main", "log")) {
      for (int i = 0; i < rows; i++) {
        appender.beginRow();
        appender.append((long) i);
        appender.append("appended");
        appender.append(i * 1.5);
        appender.endRow();
      }
    }
  }

  private static void insertSelect(Connection connection, int rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO log SELECT i, 'selected ' || i, i * 1.5 FROM range(" + rows + ") n(i)");
    }
  }
}
