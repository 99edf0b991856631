package io.haduck.jdbc;

import io.haduck.testing.internal.Workload;
import io.haduck.testing.internal.WorkloadCheck;
import io.haduck.testing.internal.WorkloadShape;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/** The process that {@link CrashTest} kills. */
final class CrashWriter {
  static final int WRITERS = 3;

  private CrashWriter() {}

  /**
   * Opens, checks what it finds, works until it is killed. Says {@code OPEN}, {@code WRONG …} and
   * {@code ACK writer number milliseconds}.
   *
   * @param arguments URL, seed, then the last number that each writer must find
   */
  public static void main(String[] arguments) throws Exception {
    String url = arguments[0];
    long[] acknowledged = new long[WRITERS];
    for (int writer = 0; writer < WRITERS; writer++) {
      acknowledged[writer] = Long.parseLong(arguments[2 + writer]);
    }
    try (Connection connection = open(url)) {
      List<String> wrong = check(connection, acknowledged);
      wrong.forEach(each -> say("WRONG " + each));
      if (!wrong.isEmpty()) {
        return;
      }
      prepare(connection);
      say("OPEN");
      new Workload(
              () -> DriverManager.getConnection(url),
              new WorkloadShape(WRITERS, true, true, 40),
              Long.parseLong(arguments[1]),
              (writer, n) -> say("ACK " + writer + " " + n + " " + System.currentTimeMillis()),
              e -> e instanceof ReplicationPendingException)
          .run(Long.MAX_VALUE);
    }
  }

  /** It draws from sequences, which waits for the store. */
  private static List<String> check(Connection connection, long[] acknowledged)
      throws SQLException {
    SQLException last = null;
    for (int attempt = 0; attempt < 50; attempt++) {
      try {
        return WorkloadCheck.violations(connection, acknowledged);
      } catch (ReplicationPendingException e) {
        last = e;
      }
    }
    throw last;
  }

  /** The store may not answer at first. */
  private static Connection open(String url) throws SQLException {
    SQLException last = null;
    for (int attempt = 0; attempt < 50; attempt++) {
      try {
        return DriverManager.getConnection(url);
      } catch (SQLException e) {
        say("NOT OPEN " + e);
        last = e;
      }
    }
    throw last;
  }

  private static void prepare(Connection connection) throws SQLException {
    try {
      Workload.prepare(connection, WRITERS);
    } catch (ReplicationPendingException e) {
      Workload.prepare(connection, WRITERS); // all is there, but for what comes after it
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
