package io.haduck.testing.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Several writers side by side, each on a connection of its own, whose work can be judged from the
 * database alone: each transaction numbers itself in a journal, and says there what else it did.
 * {@link WorkloadCheck} judges.
 *
 * <p>They insert one row by autocommit, in batches and in transactions, load more than a row group,
 * delete, update under a constant sum, create, alter, index and drop tables, roll back, and
 * checkpoint in every way. Small checkpoints come by themselves, since the threshold is low.
 */
public final class Workload {
  /** Opens a connection for one writer. */
  public interface Connections {
    /** A new one. */
    Connection open() throws SQLException;
  }

  /** Hears what was committed, and acknowledged to the one who committed. */
  public interface Listener {
    /** The writer's calls for this number, and all before, returned. Called by its thread. */
    void acknowledged(int writer, long n);
  }

  /** Accounts, and what each holds at first. */
  static final int ACCOUNTS = 20;

  static final int BALANCE = 100;

  private final Connections connections;
  private final WorkloadShape shape;
  private final long seed;
  private final Listener listener;
  private final Predicate<SQLException> pending;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicLong committed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong checkpoints = new AtomicLong();

  /**
   * A workload on a database that {@link #prepare} was run on.
   *
   * @param pending whether an exception says that the call was carried out and is not yet durable
   */
  public Workload(
      Connections connections,
      WorkloadShape shape,
      long seed,
      Listener listener,
      Predicate<SQLException> pending) {
    this.connections = connections;
    this.shape = shape;
    this.seed = seed;
    this.listener = listener;
    this.pending = pending;
  }

  /** Creates the tables where they are not there yet, in one transaction. */
  public static void prepare(Connection connection, int writers) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET checkpoint_threshold = '256KB'");
      try (ResultSet found =
          statement.executeQuery(
              "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'journal'")) {
        found.next();
        if (found.getLong(1) > 0) {
          return;
        }
      }
      var sql = new StringBuilder("BEGIN;");
      sql.append(
          "CREATE TABLE journal(writer INTEGER, n BIGINT, kind VARCHAR, of_n BIGINT, amount BIGINT,"
              + " drawn BIGINT, filler VARCHAR);");
      sql.append(
          "CREATE TABLE items(writer INTEGER, n BIGINT, i INTEGER, text VARCHAR, tags INTEGER[],"
              + " s STRUCT(a BIGINT, b VARCHAR));");
      sql.append("CREATE TABLE accounts AS SELECT range AS id, " + BALANCE + " AS balance");
      sql.append(" FROM range(" + ACCOUNTS + ");");
      for (int writer = 0; writer < writers; writer++) {
        sql.append("CREATE TABLE bulk" + writer + "(n BIGINT, v BIGINT, h UBIGINT);");
        sql.append("CREATE SEQUENCE drawn" + writer + ";");
      }
      statement.execute(sql.append("COMMIT").toString());
    }
  }

  /**
   * Lets the writers do so many steps each, or until {@link #stop}; fails as the first that does.
   */
  public void run(long steps) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(shape.writers());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < shape.writers(); writer++) {
        int number = writer;
        running.add(
            threads.submit(
                () -> {
                  work(number, steps);
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } finally {
      stop();
      threads.shutdownNow();
    }
  }

  private void work(int number, long steps) throws SQLException {
    try (Connection connection = connections.open()) {
      var writer =
          new WorkloadWriter(
              number,
              connection,
              shape,
              new Random(seed * 31 + number),
              n -> listener.acknowledged(number, n),
              pending);
      try {
        for (long step = 0; step < steps && !stopped.get(); step++) {
          writer.step();
        }
      } finally {
        stop();
        committed.addAndGet(writer.committed());
        refused.addAndGet(writer.refused());
        checkpoints.addAndGet(writer.checkpoints());
      }
    }
  }

  /** Lets the writers end after the step that they are in. */
  public void stop() {
    stopped.set(true);
  }

  /** What was done, for the record. */
  @Override
  public String toString() {
    return committed
        + " transactions, "
        + refused
        + " refused, "
        + checkpoints
        + " checkpoints asked for";
  }
}
