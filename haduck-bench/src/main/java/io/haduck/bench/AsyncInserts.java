package io.haduck.bench;

import io.haduck.jdbc.Haduck;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What inserting costs while haduck sends in the background, by the clock: the same rows through
 * {@code jdbc:duckdb:} and through {@code jdbc:haduck:} with {@code durability=async}, in turns in
 * a random order. A turn of haduck ends when its rows are inserted; what is still to be sent is
 * awaited before the next turn begins, so that it disturbs nobody else's.
 */
final class AsyncInserts implements Scenario {
  private static final String PLAIN = "jdbc:duckdb:";
  private static final String AGAIN = "jdbc:duckdb: again (noise)";
  private static final String HADUCK = "jdbc:haduck: async";

  private record Way(String name, Connection connection) {}

  /** What is done in one turn. */
  @FunctionalInterface
  private interface Work {
    void run(Connection connection) throws SQLException;
  }

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    String replica = "file:" + workspace.file("replica");
    var ways = new ArrayList<Way>();
    try {
      ways.add(new Way(PLAIN, connect(PLAIN + workspace.file("plain.duckdb"))));
      ways.add(new Way(AGAIN, connect(PLAIN + workspace.file("again.duckdb"))));
      ways.add(
          new Way(
              HADUCK,
              connect(
                  "jdbc:haduck:"
                      + workspace.file("haduck.duckdb")
                      + ";haduck.durability=async;haduck.replica="
                      + replica)));
      workspace.out().println("replica of jdbc:haduck: a directory, every object synced");
      int autocommits = Math.max(10, options.rows() / 500);
      measure(
          workspace,
          autocommits + " autocommitted INSERTs of one row",
          ways,
          connection -> autocommit(connection, autocommits));
      measure(
          workspace,
          "20 transactions of 1,000 prepared INSERTs each",
          ways,
          AsyncInserts::transactions);
      measure(
          workspace,
          "5 INSERT ... SELECT of " + options.rows() / 5 + " rows each",
          ways,
          connection -> bulk(connection, options.rows() / 5));
    } finally {
      for (Way way : ways) {
        way.connection().close();
      }
      Haduck.shutdown();
    }
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE items (id BIGINT, name VARCHAR, price DOUBLE)");
    }
    return connection;
  }

  private static void measure(Workspace workspace, String what, List<Way> ways, Work work)
      throws Exception {
    Measures measures = workspace.measures();
    var random = new Random(3);
    int turns = workspace.options().rounds() * workspace.options().turns() / 2 + 1;
    for (int turn = -2; turn < turns; turn++) {
      var order = new ArrayList<>(ways);
      Collections.shuffle(order, random);
      for (Way way : order) {
        long begun = System.nanoTime();
        work.run(way.connection());
        long nanos = System.nanoTime() - begun;
        if (turn >= 0) { // the first ones warm up
          measures.add(way.name(), nanos);
        }
        if (way.name().equals(HADUCK)) {
          Haduck.sync(way.connection());
        }
      }
    }
    workspace.out().println(what + ", " + turns + " turns");
    measures.heading();
    for (Way way : ways) {
      measures.report(way.name());
    }
    measures.ratio(AGAIN, PLAIN);
    measures.ratio(HADUCK, PLAIN);
  }

  private static void autocommit(Connection connection, int count) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO items VALUES (?, ?, ?)")) {
      for (int i = 0; i < count; i++) {
        set(insert, i);
        insert.executeUpdate();
      }
    }
  }

  private static void transactions(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO items VALUES (?, ?, ?)")) {
      for (int transaction = 0; transaction < 20; transaction++) {
        for (int i = 0; i < 1_000; i++) {
          set(insert, i);
          insert.addBatch();
        }
        insert.executeBatch();
        connection.commit();
      }
    }
    connection.setAutoCommit(true);
  }

  private static void set(PreparedStatement insert, int i) throws SQLException {
    insert.setLong(1, i);
    insert.setString(2, "item number " + i);
    insert.setDouble(3, i * 1.5);
  }

  private static void bulk(Connection connection, int rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (int i = 0; i < 5; i++) {
        statement.execute(
            "INSERT INTO items SELECT i, 'selected ' || i, i * 1.5 FROM range(" + rows + ") n(i)");
      }
    }
  }
}
