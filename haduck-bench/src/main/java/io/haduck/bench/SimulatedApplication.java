package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.replica.CheckpointHold;
import io.haduck.core.replica.ClockedReplicator;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A real DuckDB database with a replicator whose clock is a simulation's: an application that
 * commits, checkpoints, and is restarted. Its table keeps its size. For one thread.
 */
final class SimulatedApplication implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int ROWS = 5_000;

  private final Path database;
  private final Supplier<ObjectStore> stores;
  private final InstantSource clock;
  private final Random random;
  private @Nullable Replicator replicator;
  private @Nullable Connection connection;
  private long batch;

  /**
   * One that is not open yet.
   *
   * @param stores of its replica; each is closed by the replicator that is given it
   */
  SimulatedApplication(
      Path database, Supplier<ObjectStore> stores, InstantSource clock, Random random) {
    this.database = database;
    this.stores = stores;
    this.clock = clock;
    this.random = random;
  }

  /** Closes the database, if it is open, and opens it as a new process does. */
  void restart() throws Exception {
    close();
    Replicator opened =
        Replicator.open(
            ClockedReplicator.withClock(
                ReplicatorOptions.of(database, stores.get()).withScrubInterval(Duration.ZERO),
                clock));
    replicator = opened;
    opened.databaseOpening();
    connection = DriverManager.getConnection("jdbc:duckdb:" + database);
    opened.databaseOpened(CheckpointHold.none());
    execute("SET threads = 1");
    if (batch == 0) {
      batch = 1;
      execute(
          "CREATE TABLE events AS SELECT i AS id, 1::BIGINT AS batch, 'event ' || hash(i) AS name,"
              + " (hash(i * 7) % 1000000) / 100.0 AS value FROM range("
              + ROWS
              + ") r(i)");
    }
    reached();
  }

  /** One transaction, and waits until the replica has it. */
  CommitReceipt commit() throws Exception {
    long from = random.nextInt(1_000_000_000);
    execute(
        "INSERT INTO events SELECT i, "
            + ++batch
            + ", 'event ' || hash(i), (hash(i * 7) % 1000000) / 100.0 FROM range("
            + from
            + ", "
            + (from + 20 + random.nextInt(40))
            + ") r(i)");
    execute("UPDATE events SET value = value + 1 WHERE id % 97 = " + random.nextInt(97));
    return await();
  }

  /** Deletes what is too much, and checkpoints. */
  CommitReceipt checkpoint() throws Exception {
    execute(
        "DELETE FROM events WHERE batch < (SELECT min(batch) FROM (SELECT batch FROM events ORDER"
            + " BY batch DESC LIMIT "
            + ROWS
            + "))");
    execute("CHECKPOINT");
    return await();
  }

  /** What it holds, in one text. */
  String contents() throws SQLException {
    return contents(open());
  }

  /** What a database of this application holds. */
  static String contents(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) || ' rows, ' || coalesce(bit_xor(hash(e)), 0) || ', ' ||"
                    + " coalesce(sum(hash(e) % 1000003), 0) FROM events e")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private Connection open() {
    if (connection == null) {
      throw new IllegalStateException("the database is closed");
    }
    return connection;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = open().createStatement()) {
      statement.execute(sql);
    }
  }

  private CommitReceipt await() throws InterruptedException {
    CommitReceipt receipt = reached().receipt();
    if (receipt == null) {
      throw new IllegalStateException("nothing was committed");
    }
    return receipt;
  }

  private SyncResult reached() throws InterruptedException {
    Replicator running = replicator;
    if (running == null) {
      throw new IllegalStateException("the database is closed");
    }
    running.changed();
    SyncResult result = running.await(running.position(), PATIENCE, () -> false);
    if (result.problem() != null) {
      throw result.problem();
    }
    if (!result.reached()) {
      throw new IllegalStateException("not replicated: " + result);
    }
    return result;
  }

  /** How many batches were inserted. */
  long batches() {
    return batch;
  }

  /** Goes on after so many, with a database that its replica holds. */
  void resume(long batches) {
    batch = batches;
  }

  /** Of the database, in bytes. */
  long fileSize() throws IOException {
    return Files.size(database);
  }

  @Override
  public void close() throws SQLException {
    Connection open = connection;
    Replicator running = replicator;
    connection = null;
    replicator = null;
    if (open != null) {
      open.close();
    }
    if (running != null) {
      running.databaseClosed();
      running.close();
    }
  }
}
