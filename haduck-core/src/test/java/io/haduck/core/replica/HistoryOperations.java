package io.haduck.core.replica;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Draws what an application might do to a database next. Rows are made of numbers that the seed
 * fixes, so that a history can be repeated.
 */
final class HistoryOperations {
  /** More rows than a row group of DuckDB holds: they are written to the file before the commit. */
  private static final int BULK = 122_880;

  private static final long MOST_ROWS = 450_000;

  private final Random random;

  HistoryOperations(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Statements that belong together.
   *
   * @param statements in their order; transactions included
   */
  record Operation(List<String> statements) {
    static Operation of(String... statements) {
      return new Operation(List.of(statements));
    }
  }

  private record Table(String name, long rows) {}

  /**
   * The next operation.
   *
   * @param gentle whether it should let a checkpoint succeed while a transaction is open: DuckDB 2
   *     refuses one after DROP, UPDATE and ALTER
   */
  Operation next(Connection connection, boolean gentle) throws SQLException {
    List<Table> tables = tables(connection);
    long rows = tables.stream().mapToLong(Table::rows).sum();
    int draw = random.nextInt(100);
    int key = random.nextInt(1_000_000);
    if (tables.isEmpty() || (tables.size() < 3 && draw < 50)) {
      return create(key);
    }
    Table table = tables.get(random.nextInt(tables.size()));
    String name = table.name();
    if (rows > MOST_ROWS) {
      return gentle
          ? Operation.of("DELETE FROM " + name + " WHERE a % 4 <> 1")
          : Operation.of("DROP TABLE " + name + " CASCADE");
    }
    if (gentle) {
      return gentle(draw, key, name);
    }
    if (draw < 8) {
      return tables.size() < 7 ? create(key) : Operation.of("DROP TABLE " + name + " CASCADE");
    } else if (draw < 12) {
      return Operation.of("DROP TABLE " + name + " CASCADE");
    } else if (draw < 24) {
      return Operation.of(
          "UPDATE " + name + " SET b = md5(a || '" + key + "') WHERE a % 100 = " + key % 100);
    } else if (draw < 28) {
      return Operation.of("UPDATE " + name + " SET b = 'all' || a % " + (key % 50 + 1));
    } else if (draw < 31) {
      return Operation.of("TRUNCATE " + name);
    } else if (draw < 36) {
      return Operation.of("CREATE INDEX i" + key % 20 + " ON " + name + "(a)");
    } else if (draw < 39) {
      return Operation.of("DROP INDEX IF EXISTS i" + key % 20);
    } else if (draw < 43) {
      return Operation.of(
          "CREATE OR REPLACE VIEW v"
              + key % 5
              + " AS SELECT a, count(*) AS n FROM "
              + name
              + " GROUP BY a HAVING a < "
              + key);
    } else if (draw < 45) {
      return Operation.of("DROP VIEW IF EXISTS v" + key % 5);
    } else if (draw < 48) {
      return Operation.of(
          "ALTER TABLE " + name + " ADD COLUMN c" + key % 4 + " INTEGER DEFAULT " + key % 9);
    } else if (draw < 50) {
      return Operation.of("ALTER TABLE " + name + " DROP COLUMN IF EXISTS c" + key % 4);
    } else if (draw < 52) {
      return Operation.of("ALTER TABLE " + name + " RENAME TO r" + key % 1000);
    } else if (draw < 54) {
      return Operation.of("VACUUM");
    } else if (draw < 60) {
      return Operation.of(
          "BEGIN",
          "DELETE FROM " + name + " WHERE a % 3 = 0",
          insert(name, key, random.nextInt(3000), ""),
          "CREATE TABLE never" + key + " AS SELECT range AS a FROM range(50000)",
          "ROLLBACK");
    }
    return gentle((draw - 60) * 100 / 40, key, name);
  }

  private Operation gentle(int draw, int key, String name) {
    if (draw < 30) {
      return Operation.of(insert(name, key, 1 + random.nextInt(3000), ""));
    } else if (draw < 45) {
      return Operation.of(insert(name, key, bulk(), ""));
    } else if (draw < 62) {
      // The blocks of the first are reused by the second, with the same rows in another order.
      int count = bulk();
      return Operation.of(
          "BEGIN",
          insert(name, key, count, ""),
          "ROLLBACK",
          insert(name, key, count, " ORDER BY hash(range)"));
    } else if (draw < 82) {
      return Operation.of("DELETE FROM " + name + " WHERE a % 20 = " + key % 20);
    } else if (draw < 92) {
      int from = random.nextInt(200_000);
      return Operation.of(
          "DELETE FROM " + name + " WHERE a BETWEEN " + from + " AND " + (from + 60_000));
    }
    return create(key);
  }

  private int bulk() {
    return BULK + 1 + random.nextInt(BULK);
  }

  private Operation create(int key) {
    String name = (random.nextInt(3) == 0 ? "p" : "t") + key;
    int rows = random.nextInt(4) == 0 ? bulk() : random.nextInt(4000);
    if (name.startsWith("p")) {
      return Operation.of(
          "CREATE TABLE " + name + "(a BIGINT PRIMARY KEY, b VARCHAR)", insert(name, 0, rows, ""));
    }
    return Operation.of(
        "CREATE TABLE "
            + name
            + " AS SELECT range AS a, md5((range * 31 + "
            + key
            + ")::VARCHAR) AS b FROM range("
            + rows
            + ")");
  }

  private static String insert(String name, int key, int rows, String order) {
    // Tables with a primary key get rows that they cannot have yet.
    String first =
        name.startsWith("p") ? "(SELECT coalesce(max(a), 0) + 1 FROM " + name + ")" : "0";
    return "INSERT INTO "
        + name
        + "(a, b) SELECT range + "
        + first
        + ", md5((range * 17 + "
        + key
        + ")::VARCHAR) FROM range("
        + rows
        + ")"
        + order;
  }

  private static List<Table> tables(Connection connection) throws SQLException {
    List<Table> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT table_name, estimated_size FROM duckdb_tables() WHERE NOT internal ORDER BY 1")) {
      while (rows.next()) {
        tables.add(new Table(rows.getString(1), rows.getLong(2)));
      }
    }
    return tables;
  }

  /** The name of a table that is worth a long read, or null. */
  static String largestTable(Connection connection) throws SQLException {
    Table largest = null;
    for (Table table : tables(connection)) {
      if (table.rows() > BULK && (largest == null || table.rows() > largest.rows())) {
        largest = table;
      }
    }
    return largest == null ? null : largest.name();
  }
}
