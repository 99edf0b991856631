package io.haduck.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The table that is measured: orders as a shop has them, about 37 bytes a row on disk, which zstd
 * shortens by a ninth.
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
