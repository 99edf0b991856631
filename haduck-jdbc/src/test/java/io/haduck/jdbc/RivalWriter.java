package io.haduck.jdbc;

import io.haduck.core.CommitReceipt;
import io.haduck.core.replica.ReplicationListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One of the processes of {@link RivalsTest}: takes a replica over, writes to it until it is
 * fenced, and takes it over again on an empty directory, as a machine that came up anew.
 */
final class RivalWriter {
  private static final int REST_MILLIS = 700;

  private RivalWriter() {}

  /**
   * Says {@code OPEN}, {@code ACK number}, {@code PENDING number}, {@code SEQ seq} for each commit
   * that it is told is its own, and {@code ENDED state message}.
   *
   * @param arguments an empty directory, what follows the path in the URL, its number
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    int me = Integer.parseInt(arguments[2]);
    var random = new Random(me);
    long n = 0;
    for (int life = 0; ; life++) {
      Path place = Files.createDirectories(directory.resolve("life" + life));
      try (Connection connection =
          DriverManager.getConnection("jdbc:haduck:" + place.resolve("my.duckdb") + arguments[1])) {
        Haduck.addListener(
            connection,
            new ReplicationListener() {
              @Override
              public void committed(CommitReceipt receipt) {
                say("SEQ " + receipt.seq());
              }
            });
        say("OPEN");
        while (true) {
          n++;
          write(connection, me, n);
          if (n % 20 == 0) {
            pass(random.nextInt(REST_MILLIS)); // or else nobody would be fast enough to take over
          }
        }
      } catch (SQLException e) {
        say("ENDED " + e.getSQLState() + " " + e.getMessage());
      }
      Haduck.shutdown();
      pass(random.nextInt(REST_MILLIS));
    }
  }

  private static void write(Connection connection, int me, long n) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try {
        if (n % 50 == 1) {
          statement.execute(
              "CREATE TABLE IF NOT EXISTS t (writer INTEGER, n BIGINT, text VARCHAR)");
        }
        if (n % 40 == 0) {
          statement.execute("CHECKPOINT");
        }
        statement.execute("INSERT INTO t VALUES (" + me + ", " + n + ", repeat('x', 1000))");
        say("ACK " + n);
      } catch (ReplicationPendingException e) {
        say("PENDING " + n);
      }
    }
  }

  static void pass(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
