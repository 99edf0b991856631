package io.haduck.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that commits numbered rows and ends in one of the usual ways, each of them graceful: it
 * says {@code ACK writer number} of each commit, and none of these may be missing on the replica.
 */
final class ExitingProgram {
  /** How it ends. */
  enum Ending {
    /** {@code main} calls {@code System.exit}; a hook stops the writers. */
    EXIT,
    /** All threads end; the connections stay open. */
    END_OF_MAIN,
    /** SIGTERM; {@code main} waits for ever, a hook stops the writers. */
    SIGTERM,
    /** SIGTERM; a hook stops the writers and closes their pool. */
    SIGTERM_WITH_POOL,
    /** {@code System.exit}; one hook stops the writers, and another one goes on for seconds. */
    SECOND_HOOK
  }

  private interface Connections {
    Connection get() throws SQLException;
  }

  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch began = new CountDownLatch(2);
  private final List<Thread> writers = new ArrayList<>();

  private ExitingProgram() {}

  /**
   * Runs it.
   *
   * @param arguments URL, {@link Ending}, milliseconds until it ends by itself, those that the
   *     second hook goes on, seed
   */
  public static void main(String[] arguments) throws Exception {
    new ExitingProgram()
        .run(
            arguments[0],
            Ending.valueOf(arguments[1]),
            Long.parseLong(arguments[2]),
            Long.parseLong(arguments[3]),
            new Random(Long.parseLong(arguments[4])));
  }

  private void run(String url, Ending ending, long millis, long hookMillis, Random random)
      throws Exception {
    Connection first = DriverManager.getConnection(url);
    try (Statement statement = first.createStatement()) {
      statement.execute("CREATE TABLE t (writer INTEGER, n BIGINT)");
    }
    HikariDataSource pool = ending == Ending.SIGTERM_WITH_POOL ? pool(url) : null;
    Connections connections =
        pool == null ? () -> DriverManager.getConnection(url) : pool::getConnection;
    if (pool != null) {
      first.close();
    }
    for (int i = 0; i < 2; i++) {
      int writer = i;
      long seed = random.nextLong();
      writers.add(new Thread(() -> write(connections, writer, new Random(seed)), "writer-" + i));
    }
    writers.forEach(Thread::start);
    if (ending != Ending.END_OF_MAIN) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stopWriters(pool), "stopping"));
    }
    if (ending == Ending.SECOND_HOOK) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> writeFor(connections, 2, hookMillis, new Random(0)), "second"));
    }
    began.await();
    say("READY");
    switch (ending) {
      case SIGTERM, SIGTERM_WITH_POOL -> new CountDownLatch(1).await();
      case EXIT, SECOND_HOOK -> {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        say("END");
        System.exit(7);
      }
      case END_OF_MAIN -> {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        stop.countDown();
        for (Thread writer : writers) {
          writer.join();
        }
        say("END");
      }
    }
  }

  private static HikariDataSource pool(String url) {
    var config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(3);
    return new HikariDataSource(config);
  }

  private void stopWriters(HikariDataSource pool) {
    stop.countDown();
    if (pool == null) {
      return; // they end by themselves, some time
    }
    try {
      for (Thread writer : writers) {
        writer.join(20_000);
      }
    } catch (InterruptedException e) {
      say("FAILED " + e);
    }
    pool.close();
    say("CLOSED");
  }

  /** Until it is stopped; then it finishes what it does, as a request in flight would. */
  private void write(Connections connections, int writer, Random random) {
    long n = 0;
    try {
      boolean stopped = false;
      while (!stopped) {
        stopped = stop.await(random.nextInt(20), TimeUnit.MILLISECONDS);
        try (Connection connection = connections.get()) {
          if (random.nextInt(4) == 0) {
            connection.setAutoCommit(false);
            insert(connection, writer, n);
            LockSupport.parkNanos(
                TimeUnit.MILLISECONDS.toNanos(random.nextInt(stopped ? 300 : 30)));
            connection.commit();
            connection.setAutoCommit(true);
          } else {
            insert(connection, writer, n);
          }
          say("ACK " + writer + " " + n++);
          if (random.nextInt(40) == 0) {
            checkpoint(connection);
          }
        }
        began.countDown();
      }
    } catch (SQLException | InterruptedException e) {
      say("FAILED " + e);
    }
  }

  private static void checkpoint(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT");
    } catch (ReplicationPendingException e) {
      throw e;
    } catch (SQLException e) {
      say("NO CHECKPOINT " + e.getMessage()); // another transaction is open
    }
  }

  private static void writeFor(Connections connections, int writer, long millis, Random random) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long n = 0;
    try {
      Connection connection = connections.get();
      do {
        insert(connection, writer, n);
        say("ACK " + writer + " " + n++);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(100)));
      } while (System.nanoTime() < end);
      say("SECOND DONE");
    } catch (SQLException e) {
      say("FAILED " + e);
    }
  }

  static void insert(Connection connection, int writer, long n) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO t VALUES (" + writer + ", " + n + ")");
    }
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
