package io.haduck.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A writer in a JVM of its own: commits about a hundred times a second until it may not. */
final class CommittingProcess {
  /** What it says after its first commit. */
  static final String READY = "READY";

  private CommittingProcess() {}

  public static void main(String[] arguments) throws SQLException {
    try (Connection connection = DriverManager.getConnection(arguments[0]);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS t (i BIGINT)");
      for (long i = 0; ; i++) {
        statement.execute("INSERT INTO t VALUES (" + i + ")");
        if (i == 0) {
          System.out.println(READY);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }
}
