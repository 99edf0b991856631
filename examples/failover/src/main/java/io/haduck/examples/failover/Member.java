package io.haduck.examples.failover;

import io.haduck.jdbc.Haduck;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One of the processes: {@code write} commits whenever it may, {@code read} counts. Where the
 * replica is stands in its environment. It ends with its standard input.
 */
public final class Member {
  private Member() {}

  /**
   * Says {@code ROLE role}, {@code ACK number} for each row that is on the replica, {@code ROWS
   * count}.
   *
   * @param arguments write or read, the URL, what it is called
   */
  public static void main(String[] arguments) throws Exception {
    try (Connection connection = DriverManager.getConnection(arguments[1])) {
      say("ROLE " + role(connection));
      var working =
          new Thread(
              () -> {
                if (arguments[0].equals("write")) {
                  write(connection, arguments[2]);
                } else {
                  read(connection);
                }
              },
              "example");
      working.setDaemon(true);
      working.start();
      obey(arguments[1]);
    }
  }

  /** A line {@code promote} asks the writer to hand over to this process. */
  private static void obey(String url) throws IOException, SQLException, InterruptedException {
    var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      if (line.equals("promote")) {
        try (Connection second = DriverManager.getConnection(url)) {
          Haduck.promote(second, Duration.ofSeconds(60));
        }
      }
    }
  }

  private static String role(Connection connection) throws SQLException {
    return Haduck.status(connection).role().toString();
  }

  /** An error says that the row is not certainly on the replica; then it says nothing. */
  private static void write(Connection connection, String name) {
    boolean created = false;
    for (long number = 0; ; number++) {
      try {
        if (!created) {
          execute(connection, "CREATE TABLE IF NOT EXISTS rows (writer VARCHAR, number BIGINT)");
          created = true;
        }
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO rows VALUES (?, ?)")) {
          insert.setString(1, name);
          insert.setLong(2, number);
          insert.executeUpdate();
        }
        say("ACK " + number);
        pass(5);
      } catch (SQLException e) {
        if (!"25006".equals(e.getSQLState())) {
          say("REFUSED " + e.getSQLState());
          pass(100);
        }
        pass(10); // it stands by
      }
    }
  }

  private static void read(Connection connection) {
    while (true) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT count(*) FROM rows")) {
        row.next();
        say("ROWS " + row.getLong(1));
      } catch (SQLException e) {
        say("UNREAD " + e.getMessage());
      }
      pass(100);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void pass(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
