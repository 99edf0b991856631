package io.haduck.core.follower;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A table that is changed at random, with a seal of one row that each transaction renews: a number
 * that grows, and count and sum of what the table then holds. So every state that was not committed
 * as a whole shows.
 */
public final class SealedTable {
  private static final String SUM = "coalesce(sum(hash(a, b) % 1000003), 0)::BIGINT";
  private final Random random;
  private final List<String> indexes = new ArrayList<>();
  private int columns;
  private long number;
  private int tables;

  /** Changed by this chance. */
  public SealedTable(Random random) {
    this.random = random;
  }

  /** Creates it. */
  public List<String> creation() {
    return List.of(
        "CREATE TABLE t(a BIGINT, b VARCHAR)",
        "CREATE TABLE seal AS SELECT 0::BIGINT AS n, 0::BIGINT AS rows, 0::BIGINT AS sum");
  }

  /** The seal's number after the last transaction. */
  public long number() {
    return number;
  }

  /** The next transaction, in statements that are run one after the other. */
  public List<String> next() {
    List<String> statements = new ArrayList<>();
    if (random.nextInt(25) == 0) {
      statements.add("CHECKPOINT");
      return statements;
    }
    statements.add("BEGIN");
    statements.add(change());
    number++;
    statements.add(
        "UPDATE seal SET n = "
            + number
            + ", rows = (SELECT count(*) FROM t), sum = (SELECT "
            + SUM
            + " FROM t)");
    statements.add("COMMIT");
    return statements;
  }

  private String change() {
    int draw = random.nextInt(100);
    if (draw < 45) {
      return insert(1 + random.nextInt(20));
    } else if (draw < 60) {
      return "UPDATE t SET b = 'n' || a % 17 WHERE a % 13 = " + random.nextInt(13);
    } else if (draw < 72) {
      return "DELETE FROM t WHERE a % 19 = " + random.nextInt(19);
    } else if (draw < 74) {
      return insert(123_000); // row groups of its own
    } else if (draw < 76) {
      return "DELETE FROM t WHERE a > 500";
    } else if (draw < 82) {
      tables++;
      return "CREATE TABLE other" + tables + " AS SELECT range AS x FROM range(" + tables + ")";
    } else if (draw < 85 && tables > 1) {
      return "DROP TABLE IF EXISTS other" + (1 + random.nextInt(tables));
    } else if (draw < 90) {
      return index();
    } else if (draw < 92) {
      columns++;
      return "CREATE OR REPLACE VIEW v AS SELECT count(*) AS c, " + columns + " AS d FROM t";
    }
    return insert(1 + random.nextInt(3_000));
  }

  private String index() {
    if (!indexes.isEmpty() && random.nextBoolean()) {
      return "DROP INDEX " + indexes.remove(random.nextInt(indexes.size()));
    }
    String name = "i" + number;
    indexes.add(name);
    return "CREATE INDEX " + name + " ON t(" + (random.nextBoolean() ? "a" : "b") + ")";
  }

  private String insert(int rows) {
    long from = random.nextInt(1000);
    return "INSERT INTO t SELECT range, 'row' || range % 7 FROM range("
        + from
        + ", "
        + (from + rows)
        + ")";
  }

  /**
   * Reads seal and table in one transaction that the caller has begun.
   *
   * @return the seal's number
   * @throws IllegalStateException if they do not fit
   */
  public static long read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      long number;
      String sealed;
      try (ResultSet seal = statement.executeQuery("SELECT n, rows, sum FROM seal")) {
        seal.next();
        number = seal.getLong(1);
        sealed = seal.getLong(2) + " rows, " + seal.getLong(3);
      }
      String found;
      try (ResultSet table = statement.executeQuery("SELECT count(*), " + SUM + " FROM t")) {
        table.next();
        found = table.getLong(1) + " rows, " + table.getLong(2);
      }
      if (!found.equals(sealed)) {
        throw new IllegalStateException(
            "no state that was committed: seal " + number + " says " + sealed + ", found " + found);
      }
      return number;
    }
  }

  /** As {@link #read}, and reads the rows one by one as they stream. */
  public static long readSlowly(Connection connection) throws SQLException {
    long number = read(connection);
    long rows = 0;
    long expected;
    try (Statement statement = connection.createStatement();
        ResultSet seal = statement.executeQuery("SELECT rows FROM seal")) {
      seal.next();
      expected = seal.getLong(1);
    }
    try (Statement statement = connection.createStatement();
        ResultSet all = statement.executeQuery("SELECT a FROM t")) {
      while (all.next()) {
        rows++;
      }
    }
    if (rows != expected || read(connection) != number) {
      throw new IllegalStateException(
          "a transaction saw " + rows + " rows at seal " + number + ", expected " + expected);
    }
    return number;
  }
}
