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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Short statements through {@code jdbc:duckdb:} and {@code jdbc:haduck:} with {@code
 * durability=async}, a few at a time, in many hundreds of turns in a random order: what disturbs
 * the machine disturbs a few turns of each, and the median of their ratios says more than that of
 * long ones. By the processor time of the calling thread, DuckDB having that one alone, and by the
 * clock. What haduck sends in the background goes on meanwhile, as it does for who uses it.
 */
final class ShortTurns implements Scenario {
  private static final String PLAIN = "jdbc:duckdb:";
  private static final String AGAIN = "jdbc:duckdb: again (noise)";
  private static final String LOCAL = "jdbc:haduck: local only";
  private static final String ASYNC = "jdbc:haduck: async";
  private static final int ROWS = 10_000;

  /** One way to a database, with what is prepared on it. */
  private record Way(
      String name,
      Connection connection,
      Statement statement,
      PreparedStatement insert,
      PreparedStatement select) {}

  /** What is done in one turn. */
  @FunctionalInterface
  private interface Work {
    void run(Way way, int turn) throws SQLException;
  }

  @Override
  public void run(Workspace workspace) throws Exception {
    String replica = ";haduck.durability=async;haduck.replica=file:" + workspace.file("replica");
    List<Way> ways = new ArrayList<>();
    try {
      ways.add(open(PLAIN, "jdbc:duckdb:" + workspace.file("plain.duckdb")));
      ways.add(open(AGAIN, "jdbc:duckdb:" + workspace.file("again.duckdb")));
      Path local = workspace.file("local.duckdb");
      ways.add(open(LOCAL, "jdbc:haduck:" + local + ";haduck.replica=none"));
      ways.add(open(ASYNC, "jdbc:haduck:" + workspace.file("async.duckdb") + replica));
      workspace.out().println("replica of jdbc:haduck: a directory; medians, and their 95 % range");
      measure(workspace, "10 autocommitted INSERTs", 1, ways, ShortTurns::inserts);
      measure(workspace, "10 executions of a prepared INSERT", 1, ways, ShortTurns::prepared);
      measure(workspace, "20 SELECTs by key, prepared and read", 2, ways, ShortTurns::selects);
      measure(workspace, "20 executions of a prepared SELECT", 4, ways, ShortTurns::executions);
    } finally {
      for (Way way : ways) {
        way.connection().close();
      }
      Haduck.shutdown();
    }
  }

  private static Way open(String name, String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    Statement statement = connection.createStatement();
    statement.execute("SET threads = 1");
    statement.execute("CREATE TABLE items (id BIGINT PRIMARY KEY, name VARCHAR)");
    statement.execute("INSERT INTO items SELECT i, 'item ' || i FROM range(" + ROWS + ") n(i)");
    statement.execute("CREATE TABLE log (id BIGINT, name VARCHAR)");
    return new Way(
        name,
        connection,
        statement,
        connection.prepareStatement("INSERT INTO log VALUES (?, ?)"),
        connection.prepareStatement("SELECT name FROM items WHERE id = ?"));
  }

  private static void measure(
      Workspace workspace, String what, int factor, List<Way> ways, Work work) throws Exception {
    Map<String, Ratios> processor = new HashMap<>();
    Map<String, Ratios> clock = new HashMap<>();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    var random = new Random(5);
    int turns = workspace.options().rounds() * workspace.options().turns() * 20 * factor;
    for (int turn = -turns / 5; turn < turns; turn++) {
      Map<String, Long> processorNanos = new HashMap<>();
      Map<String, Long> clockNanos = new HashMap<>();
      List<Way> order = new ArrayList<>(ways);
      Collections.shuffle(order, random);
      for (Way way : order) {
        long begun = System.nanoTime();
        long begunProcessor = threads.getCurrentThreadCpuTime();
        work.run(way, turn + turns);
        processorNanos.put(way.name(), threads.getCurrentThreadCpuTime() - begunProcessor);
        clockNanos.put(way.name(), System.nanoTime() - begun);
      }
      if (turn >= 0) { // the first ones warm up
        add(processor, processorNanos);
        add(clock, clockNanos);
      }
    }
    workspace.out().println(what + ", " + turns + " turns; divided by " + PLAIN);
    for (Way way : ways.subList(1, ways.size())) {
      workspace
          .out()
          .printf(
              "  %-30s processor time of the thread %s   clock %s%n",
              way.name(), processor.get(way.name()), clock.get(way.name()));
    }
  }

  private static void add(Map<String, Ratios> ratios, Map<String, Long> nanos) {
    double plain = Objects.requireNonNull(nanos.get(PLAIN));
    nanos.forEach(
        (name, taken) ->
            ratios.computeIfAbsent(name, unused -> new Ratios()).add(Math.max(1, taken) / plain));
  }

  private static void inserts(Way way, int turn) throws SQLException {
    for (int i = 0; i < 10; i++) {
      way.statement().executeUpdate("INSERT INTO log VALUES (" + i + ", 'turn " + turn + "')");
    }
  }

  private static void prepared(Way way, int turn) throws SQLException {
    for (int i = 0; i < 10; i++) {
      way.insert().setLong(1, i);
      way.insert().setString(2, "turn " + turn);
      way.insert().executeUpdate();
    }
  }

  private static void selects(Way way, int turn) throws SQLException {
    for (int i = 0; i < 20; i++) {
      try (PreparedStatement select =
          way.connection().prepareStatement("SELECT name FROM items WHERE id = ?")) {
        read(select, turn, i);
      }
    }
  }

  private static void executions(Way way, int turn) throws SQLException {
    for (int i = 0; i < 20; i++) {
      read(way.select(), turn, i);
    }
  }

  private static void read(PreparedStatement select, int turn, int i) throws SQLException {
    select.setLong(1, (turn * 7919L + i * 104_729L) % ROWS);
    try (ResultSet row = select.executeQuery()) {
      if (!row.next() || row.getString(1).isEmpty()) {
        throw new IllegalStateException("a row is missing");
      }
    }
  }
}
