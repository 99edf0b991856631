package io.haduck.jdbc;

import static io.haduck.jdbc.RivalWriter.pass;
import static io.haduck.jdbc.RivalWriter.say;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * One of the processes of {@link LivenessProcessesTest}, an application as a pod runs it: it reads
 * all the time, writes whenever it may, and closes its pool when it is told to end.
 */
final class RollingPod {
  private final HikariDataSource pool;

  /** DuckDB's own, of who goes through all databases; see docs/operating/followers.md. */
  private static final String TWO_STATES = "was already used by a different database";

  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> requests;

  private RollingPod(String url, long first) {
    var config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(2);
    config.setConnectionTimeout(20_000);
    config.setInitializationFailTimeout(120_000); // a slow machine
    this.pool = new HikariDataSource(config);
    this.requests = List.of(new Thread(this::read), new Thread(() -> write(first)));
  }

  /**
   * Says {@code READY} once it has read, {@code ACK number}, {@code REFUSED why} where a read
   * failed, {@code FAILED why} where a write did, and {@code CLOSED}.
   *
   * @param arguments a URL, below which numbers it begins
   */
  public static void main(String[] arguments) {
    var pod = new RollingPod(arguments[0], Long.parseLong(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(pod::close));
    pod.requests.forEach(Thread::start);
  }

  private boolean isStopped() {
    return stop.getCount() == 0;
  }

  private void read() {
    boolean ready = false;
    while (!isStopped()) {
      try (Connection connection = pool.getConnection()) {
        number(connection, "SELECT count(*) FROM duckdb_tables()");
        if (!ready) {
          ready = true;
          say("READY");
        }
      } catch (SQLException e) {
        boolean metTheSwap = String.valueOf(e.getMessage()).contains(TWO_STATES);
        say((metTheSwap ? "REPEATED " : "REFUSED ") + e.getSQLState() + " " + e.getMessage());
      }
      pass(5);
    }
  }

  private void write(long first) {
    long n = first;
    while (!isStopped()) {
      try (Connection connection = pool.getConnection()) {
        if (!connection.isReadOnly()) {
          run(connection, "CREATE TABLE IF NOT EXISTS t (i BIGINT)");
          run(connection, "INSERT INTO t VALUES (" + ++n + ")");
          say("ACK " + n);
        }
      } catch (SQLException e) {
        say("FAILED " + e.getSQLState() + " " + e.getMessage());
      }
      pass(5);
    }
  }

  /** As a framework does on SIGTERM: no new requests, those that run are finished. */
  private void close() {
    stop.countDown();
    try {
      for (Thread request : requests) {
        request.join(20_000);
      }
    } catch (InterruptedException e) {
      say("FAILED " + e);
    }
    pool.close();
    say("CLOSED");
  }
}
