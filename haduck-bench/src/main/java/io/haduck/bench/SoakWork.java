package io.haduck.bench;

import io.haduck.core.UnavailableException;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.Haduck;
import io.haduck.jdbc.ReplicationPendingException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The steady work of a soak: writers that each insert, update, delete and move money at a fixed
 * pace, one of them beside haduck on a connection of DuckDB's own, so that nothing slows it down
 * while the store is out; a reader; and a CHECKPOINT now and then. The tables stay as large as they
 * are. Every writer takes a new connection now and then, as from a pool.
 */
final class SoakWork implements AutoCloseable {
  /** Of them the last one commits without waiting for the replica. */
  private static final int WRITERS = 5;

  private static final long PAUSE_MILLIS = 200;
  private static final int STEPS_PER_CONNECTION = 150;
  private static final int KEPT_ROWS = 4_000;
  private static final int ACCOUNTS = 10;
  private static final int BALANCE = 1_000;
  private static final long CHECKPOINT_SECONDS = 100;
  private static final long FRESH_NANOS = 2_000_000_000;

  private final String url;
  private final Properties properties;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> running = new ArrayList<>();

  /** Held for reading by whoever uses a connection, for writing by who closes them all. */
  private final ReadWriteLock connected = new ReentrantReadWriteLock(true);

  private final List<Seat> seats = new ArrayList<>();
  private final AtomicLong commits = new AtomicLong();
  private final AtomicLong pending = new AtomicLong();
  private final AtomicLong checkpoints = new AtomicLong();
  private final AtomicLong checkpointsPending = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();
  private volatile @Nullable Seen seen;
  private volatile boolean stopped;

  private record Seen(long nanos, @Nullable ReplicatorStatus status) {}

  /** The connection of one thread; used by it alone but while all are being closed. */
  private final class Seat {
    private @Nullable Connection connection;

    /** Null if the database cannot be opened, since the store is out. */
    @Nullable Connection take() throws SQLException {
      Connection open = connection;
      if (open == null) {
        try {
          open = DriverManager.getConnection(url, properties);
        } catch (SQLException e) {
          if (e.getCause() instanceof UnavailableException) {
            return null;
          }
          throw e;
        }
        connection = open;
        connections.incrementAndGet();
      }
      return open;
    }

    void leave() throws SQLException {
      Connection open = connection;
      connection = null;
      if (open != null) {
        tolerating(open::close, pending);
      }
    }
  }

  /** What one thread does again and again. */
  private interface Step {
    void run(Connection connection) throws SQLException;
  }

  private interface Call {
    void run() throws SQLException;
  }

  SoakWork(String url, Properties properties) {
    this.url = url;
    this.properties = properties;
  }

  /** Creates the tables and begins. */
  void start() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, properties);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE events(writer INTEGER, n BIGINT, text VARCHAR, value DOUBLE);"
              + "CREATE TABLE accounts AS SELECT range AS id, "
              + BALANCE
              + "::BIGINT AS balance FROM range("
              + WRITERS * ACCOUNTS
              + ")");
      for (int writer = 0; writer < WRITERS; writer++) {
        statement.execute(insert(writer, 0, KEPT_ROWS));
      }
    }
    for (int writer = 0; writer < WRITERS; writer++) {
      begin(PAUSE_MILLIS, STEPS_PER_CONNECTION + 10 * writer, new Writer(writer));
    }
    begin(500, 120, this::read);
    begin(CHECKPOINT_SECONDS * 1_000, 1_000, this::checkpoint);
  }

  private void begin(long pauseMillis, int stepsPerConnection, Step step) {
    var seat = new Seat();
    seats.add(seat);
    running.add(
        threads.submit(
            () -> {
              long next = System.nanoTime();
              for (int i = 1; !stopped; i++) {
                connected.readLock().lock();
                try {
                  Connection connection = seat.take();
                  if (connection != null) {
                    step.run(connection);
                  }
                  if (i % stepsPerConnection == 0) {
                    seat.leave();
                  }
                } finally {
                  connected.readLock().unlock();
                }
                next = Math.max(System.nanoTime(), next + pauseMillis * 1_000_000);
                while (!stopped && System.nanoTime() < next) {
                  LockSupport.parkNanos(Math.min(next - System.nanoTime(), 200_000_000));
                }
              }
              return null;
            }));
  }

  /** Closes every connection, so that DuckDB closes the file and haduck the replica. */
  void reopen() throws SQLException {
    connected.writeLock().lock();
    try {
      for (Seat seat : seats) {
        seat.leave();
      }
      Haduck.shutdown();
    } finally {
      connected.writeLock().unlock();
    }
  }

  /** What a thread died of. */
  void failIfOneFailed() throws ExecutionException, InterruptedException {
    for (Future<?> each : running) {
      if (each.isDone()) {
        each.get();
      }
    }
  }

  long commits() {
    return commits.get();
  }

  long pending() {
    return pending.get();
  }

  /** As the reader last saw it; null if that is some time ago, since the database is closed. */
  @Nullable ReplicatorStatus status() {
    Seen last = seen;
    return last == null || System.nanoTime() - last.nanos() > FRESH_NANOS ? null : last.status();
  }

  private static void tolerating(Call call, AtomicLong counter) throws SQLException {
    try {
      call.run();
    } catch (ReplicationPendingException e) {
      counter.incrementAndGet();
    }
  }

  private static String insert(int writer, long from, long to) {
    return "INSERT INTO events SELECT "
        + writer
        + ", range, md5(range::VARCHAR) || repeat('.', 40), range / 7.0 FROM range("
        + from
        + ", "
        + to
        + ")";
  }

  private void read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT (SELECT sum(balance) FROM accounts),"
                    + " (SELECT count(*) FROM events WHERE length(text) = 72)")) {
      found.next();
      if (found.getLong(1) != (long) WRITERS * ACCOUNTS * BALANCE
          || found.getLong(2) != (long) WRITERS * KEPT_ROWS) {
        throw new IllegalStateException(
            "accounts hold " + found.getLong(1) + ", there are " + found.getLong(2) + " events");
      }
    }
    reads.incrementAndGet();
    DatabaseStatus status = Haduck.status(connection);
    seen = new Seen(System.nanoTime(), status.replication().orElse(null));
  }

  private void checkpoint(Connection connection) throws SQLException {
    tolerating(() -> Haduck.checkpoint(connection), checkpointsPending);
    checkpoints.incrementAndGet();
  }

  /** One of those who write, each to rows and accounts of its own. */
  private final class Writer implements Step {
    private final int number;
    private final Random random;
    private long last = KEPT_ROWS;

    Writer(int number) {
      this.number = number;
      this.random = new Random(number);
    }

    @Override
    public void run(Connection connection) throws SQLException {
      if (number < WRITERS - 1) {
        step(connection);
      } else {
        try (Connection own = connection.unwrap(DuckDBConnection.class).duplicate()) {
          step(own);
        }
      }
      commits.incrementAndGet();
    }

    private void step(Connection connection) throws SQLException {
      int draw = random.nextInt(100);
      if (draw < 50) {
        long more = 1L + random.nextInt(25);
        transaction(
            connection,
            insert(number, last, last + more),
            "DELETE FROM events WHERE writer = "
                + number
                + " AND n < "
                + (last + more - KEPT_ROWS));
        last += more;
      } else if (draw < 75) {
        long from = last - KEPT_ROWS + random.nextInt(KEPT_ROWS - 10);
        autocommit(
            connection,
            "UPDATE events SET value = value + 1 WHERE writer = "
                + number
                + " AND n BETWEEN "
                + from
                + " AND "
                + (from + 5));
      } else {
        int amount = random.nextInt(100);
        transaction(
            connection,
            move(amount, random.nextInt(ACCOUNTS)),
            move(-amount, random.nextInt(ACCOUNTS)));
      }
    }

    private String move(int amount, int account) {
      return "UPDATE accounts SET balance = balance + "
          + amount
          + " WHERE id = "
          + (number * ACCOUNTS + account);
    }

    private void autocommit(Connection connection, String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        tolerating(() -> statement.execute(sql), pending);
      }
    }

    private void transaction(Connection connection, String... sql) throws SQLException {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        for (String each : sql) {
          statement.execute(each);
        }
      }
      tolerating(connection::commit, pending);
      connection.setAutoCommit(true);
    }
  }

  /** What was done, for the report. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d commits, of them %,d could not be confirmed in time; %,d checkpoints (%,d); %,d reads; %,d"
            + " connections",
        commits.get(),
        pending.get(),
        checkpoints.get(),
        checkpointsPending.get(),
        reads.get(),
        connections.get());
  }

  /** Ends the work and closes every connection; the store answers. */
  @Override
  public void close() throws SQLException {
    stopped = true;
    threads.shutdown();
    try {
      if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the writers do not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    reopen();
  }
}
