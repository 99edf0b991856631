package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** One life of a process of {@link LivenessProcessesTest} that crashes each time it is started. */
final class CrashLoopingWriter {
  /** When it crashes. */
  enum Crash {
    /** When it has the lease, and is about to take the log over. */
    BEFORE_ITS_EPOCH,
    /** When it has written one row. */
    AFTER_ONE_ROW
  }

  private CrashLoopingWriter() {}

  /**
   * Says {@code HAS THE LEASE} or {@code ACK number} before it crashes; {@code ENDED why} where it
   * does not come to that.
   *
   * @param arguments a place, a URL, a {@link Crash}, a number
   */
  public static void main(String[] arguments) {
    if (Crash.valueOf(arguments[2]) == Crash.BEFORE_ITS_EPOCH) {
      PlacedStores.trouble(
          arguments[0],
          (call, key) -> {
            if (PlacedMachines.appends(call, key)) {
              crash("HAS THE LEASE");
            }
          });
    }
    try (Connection connection = DriverManager.getConnection(arguments[1])) {
      run(connection, "INSERT INTO t VALUES (" + arguments[3] + ")");
      crash("ACK " + arguments[3]);
    } catch (SQLException e) {
      RivalWriter.say("ENDED " + e.getSQLState() + " " + e.getMessage());
    }
  }

  private static void crash(String last) {
    RivalWriter.say(last);
    Runtime.getRuntime().halt(3);
  }
}
