package io.haduck.jdbc;

import static io.haduck.jdbc.ExitingProgram.insert;
import static io.haduck.jdbc.ExitingProgram.say;

import io.haduck.testing.internal.OtherLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Programs that end in one odd way each; {@link JvmShutdownTest} runs them. */
enum ExitCase {
  END_OF_MAIN_WITH_UNUSED_CONNECTION {
    @Override
    void run(String url) throws Exception {
      insert(open(url), 0, 0);
      say("ACK 0 0");
    }
  },
  END_OF_MAIN_WITH_OPEN_TRANSACTION {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      connection.setAutoCommit(false);
      Sql.count(connection, "t");
    }
  },
  EXIT_WITH_OPEN_TRANSACTION {
    @Override
    void run(String url) throws Exception {
      END_OF_MAIN_WITH_OPEN_TRANSACTION.run(url);
      say("END");
      System.exit(7);
    }
  },
  /** A worker has a transaction open, a timer waits for its time, and nobody does anything. */
  EXIT_WITH_IDLE_POOLS {
    @Override
    void run(String url) throws Exception {
      ExecutorService pool = Executors.newCachedThreadPool();
      ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(1);
      var unused = scheduler.schedule(() -> say("TOO LATE"), 1, TimeUnit.HOURS);
      new Timer()
          .schedule(
              new TimerTask() {
                @Override
                public void run() {
                  say("TOO LATE");
                }
              },
              TimeUnit.HOURS.toMillis(1));
      pool.submit(
              () -> {
                END_OF_MAIN_WITH_OPEN_TRANSACTION.run(url);
                return null;
              })
          .get();
      say("END");
      System.exit(7);
    }
  },
  /** Also one who asks for the end a second time, and so waits for it. */
  SIGTERM_WHILE_MAIN_WAITS {
    @Override
    void run(String url) throws Exception {
      END_OF_MAIN_WITH_UNUSED_CONNECTION.run(url);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    var again = new Thread(() -> System.exit(8));
                    again.start();
                  }));
      say("READY");
      new CountDownLatch(1).await();
    }
  },
  /** The hook waits without a limit for a daemon that sleeps first. */
  HOOK_THAT_WAITS_FOR_A_DAEMON {
    @Override
    void run(String url) throws Exception {
      open(url);
      for (int i = 0; i < 8; i++) {
        int writer = i;
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(() -> CompletableFuture.runAsync(() -> later(url, writer)).join()));
      }
      say("END");
      System.exit(7);
    }

    private void later(String url, int writer) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1500));
      acknowledged(url, writer, 0);
    }
  },
  /** A hook is a daemon when who made it was one. */
  HOOKS_THAT_ARE_DAEMONS {
    @Override
    void run(String url) throws Exception {
      open(url);
      for (int i = 0; i < 8; i++) {
        int writer = i;
        var hook =
            new Thread(
                () -> {
                  for (int n = 0; n < 5; n++) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
                    acknowledged(url, writer, n);
                  }
                });
        hook.setDaemon(true);
        Runtime.getRuntime().addShutdownHook(hook);
      }
      say("END");
      System.exit(7);
    }
  },
  /** It answers in the last moment what it was asked before. */
  STATEMENT_OF_A_DAEMON {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      var begins = new CountDownLatch(1);
      var daemon =
          new Thread(
              () -> {
                begins.countDown();
                try (Statement statement = connection.createStatement()) {
                  statement.execute(
                      "INSERT INTO t SELECT 1, sum(a.range * b.range) * 0 FROM range(60_000) a, range(20_000) b");
                  say("ACK 1 0");
                } catch (SQLException e) {
                  say("FAILED " + e);
                }
              });
      daemon.setDaemon(true);
      daemon.start();
      begins.await();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
      say("END");
      System.exit(7);
    }
  },
  /** It never stops; each of its commits waits for the store. */
  DAEMON_THAT_COMMITS {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      var first = new CountDownLatch(1);
      var daemon =
          new Thread(
              () -> {
                for (int n = 0; ; n++) {
                  acknowledged(connection, 0, n);
                  first.countDown();
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                }
              });
      daemon.setDaemon(true);
      daemon.start();
      first.await();
      say("END");
      System.exit(7);
    }
  },
  CHECKPOINT_AND_CLOSE_IN_A_HOOK {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(700));
                    acknowledged(connection, 0, 0);
                    try (connection;
                        Statement statement = connection.createStatement()) {
                      statement.execute("CHECKPOINT");
                      insert(connection, 0, 1);
                      say("ACK 0 1");
                    } catch (SQLException e) {
                      say("FAILED " + e);
                    }
                    Haduck.shutdown();
                  }));
      say("END");
      System.exit(7);
    }
  },
  CONNECT_FIRST_IN_A_HOOK {
    @Override
    void run(String url) throws Exception {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try (Connection connection = open(url)) {
                      for (int n = 0; n < 5; n++) {
                        acknowledged(connection, 0, n);
                      }
                    } catch (SQLException e) {
                      say("FAILED " + e);
                    }
                  }));
      say("END");
      System.exit(7);
    }
  },
  /** Too late for a hook of haduck's, and nobody closes it. */
  CONNECT_FIRST_IN_A_HOOK_AND_LEAVE_IT_OPEN {
    @Override
    void run(String url) throws Exception {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      Connection connection = open(url);
                      for (int n = 0; n < 5; n++) {
                        acknowledged(connection, 0, n);
                      }
                    } catch (SQLException e) {
                      say("FAILED " + e);
                    }
                  }));
      say("END");
      System.exit(7);
    }
  },
  /** Two applications in one JVM, each with a haduck of its own and a connection left open. */
  EXIT_OF_TWO_CLASS_LOADERS {
    @Override
    void run(String url) throws Exception {
      insert(open(url), 0, 0);
      say("ACK 0 0");
      var classes = new OtherLoader(); // which is not closed before the end
      Driver other =
          (Driver) classes.loadClass(HaduckDriver.class.getName()).getConstructor().newInstance();
      Connection connection = other.connect(url.replace("a.duckdb", "b.duckdb"), new Properties());
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t (writer INTEGER, n BIGINT)");
      }
      say("END");
      System.exit(7);
    }
  },
  /** The replica vanishes before the end. */
  STORE_IS_AWAY {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      Haduck.sync(connection);
      Path replica = Path.of(url.replaceAll(".*haduck.replica=file:([^;]*).*", "$1"));
      Files.move(replica, Path.of(replica + "-away"));
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE more AS SELECT 1 AS i");
        statement.execute("SET checkpoint_threshold = '1GB'");
        statement.execute("INSERT INTO t SELECT 1, range FROM range(1000)");
      }
      say("END");
      System.exit(7);
    }
  },
  /** A hook commits while the replica is away, and would wait for a minute. */
  HOOK_WAITS_FOR_A_STORE_THAT_IS_AWAY {
    @Override
    void run(String url) throws Exception {
      Connection connection = open(url);
      Path replica = Path.of(url.replaceAll(".*haduck.replica=file:([^;]*).*", "$1"));
      Files.move(replica, Path.of(replica + "-away"));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      insert(connection, 0, 0);
                      say("ACK 0 0");
                    } catch (SQLException e) {
                      say("PENDING " + e.getSQLState() + " " + e.getMessage());
                    }
                  }));
      say("END");
      System.exit(7);
    }
  };

  abstract void run(String url) throws Exception;

  /** URL, and the name of the case. */
  public static void main(String[] arguments) throws Exception {
    ExitCase it = ExitCase.valueOf(arguments[1]);
    it.run(arguments[0]);
    say("END"); // of main
  }

  private static Connection open(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (writer INTEGER, n BIGINT)");
    }
    return connection;
  }

  private static void acknowledged(String url, int writer, long n) {
    try (Connection connection = DriverManager.getConnection(url)) {
      acknowledged(connection, writer, n);
    } catch (SQLException e) {
      say("FAILED " + e);
    }
  }

  private static void acknowledged(Connection connection, int writer, long n) {
    try {
      insert(connection, writer, n);
      say("ACK " + writer + " " + n);
    } catch (SQLException e) {
      say("FAILED " + e);
    }
  }
}
