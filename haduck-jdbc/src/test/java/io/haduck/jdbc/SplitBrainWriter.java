package io.haduck.jdbc;

import io.haduck.core.CommitReceipt;
import io.haduck.core.replica.ReplicationListener;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/**
 * One of the processes of {@link SplitBrainProcessesTest}: opens the database again and again,
 * waits for the lease where another one has it, and writes until it may not any more.
 */
final class SplitBrainWriter {
  private static final int REST_MILLIS = 300;

  private SplitBrainWriter() {}

  /**
   * Says {@code OPEN}, {@code ACK number}, {@code SEQ …} for each commit that it is told is its
   * own, and {@code ENDED state message}.
   *
   * @param arguments a directory, what follows the path in the URL, below which numbers it begins
   */
  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[0]).resolve(CrashStore.NAME);
    long n = Long.parseLong(arguments[2]);
    var random = new Random(n);
    while (true) {
      try (Connection connection =
          DriverManager.getConnection("jdbc:haduck:" + file + arguments[1])) {
        Haduck.addListener(
            connection,
            new ReplicationListener() {
              @Override
              public void committed(CommitReceipt receipt) {
                RivalWriter.say(LogNotes.line(receipt));
              }
            });
        RivalWriter.say("OPEN");
        while (true) {
          write(connection, ++n);
          RivalWriter.pass(random.nextInt(40));
        }
      } catch (SQLException e) {
        RivalWriter.say("ENDED " + e.getSQLState() + " " + e.getMessage());
      }
      Haduck.shutdown();
      RivalWriter.pass(random.nextInt(REST_MILLIS));
    }
  }

  private static void write(Connection connection, long n) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try {
        statement.execute("CREATE TABLE IF NOT EXISTS t (n BIGINT, text VARCHAR)");
        if (n % 15 == 0) {
          statement.execute("CHECKPOINT");
        }
        statement.execute("INSERT INTO t VALUES (" + n + ", repeat('x', 500))");
        RivalWriter.say("ACK " + n);
      } catch (ReplicationPendingException e) {
        RivalWriter.say("PENDING " + n);
      }
    }
  }
}
