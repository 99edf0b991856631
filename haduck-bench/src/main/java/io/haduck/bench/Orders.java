package io.haduck.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The table that is measured: orders as a shop has them, about 36 bytes a row on disk. Most of it
 * is random, so that zstd shortens it by a thirtieth only.
 */
final class Orders {
  private static final int ROWS_AT_ONCE = 1_000_000;

  private final Connection connection;
  private long rows;

  private Orders(Connection connection, long rows) {
    this.connection = connection;
    this.rows = rows;
  }

  static Orders create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE orders (
            id BIGINT, placed_at TIMESTAMP, customer_id INTEGER, product VARCHAR, quantity INTEGER,
            price DOUBLE, discount DOUBLE, status VARCHAR, reference UUID)""");
    }
    return new Orders(connection, 0);
  }

  static Orders existing(Connection connection, long rows) {
    return new Orders(connection, rows);
  }

  long rows() {
    return rows;
  }

  /** Adds so many rows. */
  void insert(long count) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO orders " + select(rows, rows + count));
    }
    rows += count;
  }

  /** Adds rows until the file would have so many bytes after a checkpoint. */
  void growTo(long bytes) throws SQLException {
    long perRow = 36;
    while (rows * perRow < bytes) {
      insert(Math.min(ROWS_AT_ONCE, bytes / perRow + 1 - rows));
    }
  }

  /**
   * As {@link #growTo}, with a sentence in each row in place of random numbers: what zstd shortens
   * by a third, as it does in many databases. Nothing may have been added before.
   */
  void growWithNotesTo(long bytes) throws SQLException {
    long perRow = 32;
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE orders");
      String create = "CREATE TABLE orders AS ";
      while (rows * perRow < bytes) {
        long count = Math.min(ROWS_AT_ONCE, bytes / perRow + 1 - rows);
        statement.execute(create + selectNotes(rows, rows + count));
        create = "INSERT INTO orders ";
        rows += count;
      }
    }
  }

  private static String selectNotes(long from, long to) {
    return """
        SELECT i AS id,
          make_timestamp(1767225600000000 + i * 7000000 + (hash(i) % 5000000)::BIGINT) AS placed_at,
          (hash(i) % 2000000)::INTEGER AS customer_id,
          'product-' || (hash(i + 1) % 5000) AS product,
          (1 + hash(i + 2) % 20)::INTEGER AS quantity,
          ((hash(i + 3) % 100000)::DOUBLE / 100)::DECIMAL(12, 2) AS price,
          CASE hash(i + 4) % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'shipped' ELSE 'returned' END AS status,
          'customer ' || (hash(i) % 2000000) || ' of street ' || (hash(i) % 977) || ', ordered by '
            || CASE hash(i + 9) % 3 WHEN 0 THEN 'telephone' WHEN 1 THEN 'web' ELSE 'a friend' END
            || ' on day ' || (i // 10000) AS note
        FROM range("""
        + from
        + ", "
        + to
        + ") numbers(i)";
  }

  /**
   * The small change: new rows, and one column of old ones that lie scattered.
   *
   * @param among updates only the first so many rows
   */
  void change(Options options, long among, int round) throws SQLException {
    insert(options.inserts());
    long step = Math.max(1, among / options.updates());
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "UPDATE orders SET "
              + options.column().assignment(round)
              + " WHERE id IN (SELECT i * "
              + step
              + " + "
              + (round * 37L) % step
              + " FROM range("
              + options.updates()
              + ") changed(i))");
    }
  }

  /** Quick to make, so that gigabytes take seconds. */
  private static String select(long from, long to) {
    return """
        SELECT i,
          make_timestamp(1767225600000000 + i * 7000000),
          (hash(i) % 2000000)::INTEGER,
          'product-' || (hash(i + 1) % 5000),
          (1 + hash(i + 2) % 20)::INTEGER,
          (hash(i + 3) % 1000000000000)::DOUBLE / 9999991.0,
          random(),
          CASE hash(i + 4) % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'shipped' ELSE 'returned' END,
          uuid()
        FROM range("""
        + from
        + ", "
        + to
        + ") numbers(i)";
  }
}
