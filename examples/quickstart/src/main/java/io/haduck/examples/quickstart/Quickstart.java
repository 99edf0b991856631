package io.haduck.examples.quickstart;

import io.haduck.jdbc.CheckpointResult;
import io.haduck.jdbc.Haduck;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Properties;
import java.util.TreeSet;

/**
 * A shop keeps its orders in DuckDB. Its machine is lost, and not one order with it.
 *
 * <p>The S3 server is started here, unless {@code HADUCK_S3_BUCKET} and the variables beside it
 * name a real one.
 */
public final class Quickstart {
  private static final int ORDERS = 1_000_000;

  private Quickstart() {}

  /**
   * Runs it; fails, and so ends with an exit code other than 0, if anything came back different.
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("haduck-quickstart");
    Path database = directory.resolve("shop.duckdb");
    try {
      if (System.getenv("HADUCK_S3_BUCKET") != null) {
        // The environment says where the bucket is. A name of its own makes every run a new shop.
        run(
            database,
            "jdbc:haduck:" + database + ";haduck.name=" + directory.getFileName(),
            new Properties());
      } else {
        try (EmbeddedS3 s3 = EmbeddedS3.in(Files.createDirectory(directory.resolve("s3")))) {
          say("S3 server      %s, in this process", s3.endpoint());
          var credentials = new Properties();
          s3.settings().forEach((key, value) -> credentials.setProperty("haduck." + key, value));
          run(
              database,
              "jdbc:haduck:" + database + ";haduck.replica=s3://" + EmbeddedS3.BUCKET,
              credentials);
        }
      }
    } finally {
      deleteAll(directory);
    }
  }

  private static void run(Path database, String url, Properties credentials) throws Exception {
    say("URL            %s", url);

    String before;
    try (Connection connection = DriverManager.getConnection(url, credentials);
        Statement statement = connection.createStatement()) {
      createOrders(statement);
      say("created        %,d orders", ORDERS);

      CheckpointResult first = Haduck.checkpoint(connection);
      say("checkpoint     %s", describe(first));

      takeOrders(connection);
      statement.execute("UPDATE orders SET status = 'shipped' WHERE id BETWEEN 500000 AND 500099");
      say("changed        1,000 new orders, 100 shipped");

      CheckpointResult second = Haduck.checkpoint(connection);
      say("checkpoint     %s", describe(second));

      before = fingerprint(statement);
      say("orders now     %s", before);
    }

    Haduck.shutdown(); // lets go of the files, as the end of the process would
    say("machine lost   deleted %s", deleteDatabase(database));

    long begun = System.nanoTime();
    String after;
    try (Connection connection = DriverManager.getConnection(url, credentials);
        Statement statement = connection.createStatement()) {
      say(
          "reopened       by the same URL, restored in %s",
          seconds(Duration.ofNanos(System.nanoTime() - begun)));
      after = fingerprint(statement);
      say("orders now     %s", after);
    }
    Haduck.shutdown();

    if (!after.equals(before)) {
      throw new IllegalStateException(
          "something is missing: before " + before + ", after " + after);
    }
    say(
        "proven         count, revenue and the checksum over every column of every row are the same");
  }

  private static void createOrders(Statement statement) throws SQLException {
    statement.execute(
        """
        CREATE TABLE orders AS
        SELECT i AS id,
          TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * (i * 20) AS placed_at,
          (hash(i) % 50000)::INTEGER AS customer_id,
          'product-' || (hash(i + 1) % 2000) AS product,
          (1 + hash(i + 2) % 5)::INTEGER AS quantity,
          (100 + hash(i + 3) % 20000)::INTEGER AS price_cents,
          ['new', 'paid', 'shipped'][1 + (hash(i + 4) % 3)::INTEGER] AS status,
          uuid() AS reference
        FROM range("""
            + ORDERS
            + ") numbers(i)");
  }

  private static void takeOrders(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO orders VALUES (?, now()::TIMESTAMP, ?, ?, 1, ?, 'new', uuid())")) {
      for (int i = 0; i < 1_000; i++) {
        insert.setLong(1, ORDERS + i);
        insert.setInt(2, i % 50);
        insert.setString(3, "product-" + i % 20);
        insert.setInt(4, 1_999);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  /** How many orders, what they come to, and a checksum over all that is in the table. */
  private static String fingerprint(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT count(*), sum(quantity * price_cents), bit_xor(hash(orders)) FROM orders")) {
      row.next();
      return String.format(
          Locale.ROOT,
          "%,d, revenue %,.2f, checksum %s",
          row.getLong(1),
          row.getLong(2) / 100.0,
          row.getString(3));
    }
  }

  private static String describe(CheckpointResult result) {
    return String.format(
        Locale.ROOT,
        "on S3 after %s: sent %,d of %,d blocks, %,.1f MB",
        seconds(result.elapsed()),
        result.blocks(),
        result.blocksInUse(),
        result.bytes() / 1e6);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toMillis() / 1e3);
  }

  /** Everything that haduck and DuckDB keep on this disk. */
  private static String deleteDatabase(Path database) throws IOException {
    var deleted = new TreeSet<String>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(database.resolveSibling(""), database.getFileName() + "*")) {
      for (Path file : files) {
        Files.delete(file);
        deleted.add(file.getFileName().toString());
      }
    }
    return String.join(", ", deleted);
  }

  private static void deleteAll(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
