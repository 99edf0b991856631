package io.haduck.core.replica;

import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * A random life of a replicated database. After each checkpoint the replica is restored and
 * compared, and the log's block index is compared with one made by hashing the whole file.
 *
 * <p>The seed fixes what is done; what concurrent writers and automatic checkpoints make of it is
 * left to the moment.
 */
final class RandomHistory implements AutoCloseable {
  private static final int CHECKPOINT_ATTEMPTS = 200;

  private final Random random;
  private final long seed;
  private final HistoryOperations operations;
  private final ReplicatedDatabase database;
  private final HistoryCheck check;
  private final StreamingReaders readers = new StreamingReaders();
  private final AtomicLong statements = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor();
  private int readersOverCheckpoints;
  private int checkpointsGivenUp;
  private long missedBefore;
  private String doing = "opening";

  RandomHistory(long seed, Path directory, UnaryOperator<ObjectStore> decorate)
      throws SQLException {
    this.seed = seed;
    this.random = new Random(seed);
    this.operations = new HistoryOperations(seed);
    this.database =
        ReplicatedDatabase.in(directory, decorate)
            .withSyncInterval(random.nextBoolean() ? Duration.ofMillis(50) : Duration.ofHours(1))
            .withOptions(options -> seed % 4 == 3 ? options : options.withReviewFromBytes(0));
    this.check = new HistoryCheck(database, directory);
    drawOptions();
    database.open();
  }

  /** Of the next DuckDB instance: all its connections must name the same ones. */
  private void drawOptions() {
    database.withUrlOptions(
        (seed % 2 == 0 ? "" : ";default_block_size=16384")
            + (seed % 3 == 0 ? ";storage_compatibility_version=latest" : "")
            + ";checkpoint_threshold="
            + (random.nextInt(3) == 0 ? "300KB" : "16MB"));
  }

  ReplicatedDatabase database() {
    return database;
  }

  /** Goes on until so many more checkpoints were verified. */
  HistoryFigures run(int checkpoints) throws Exception {
    for (int end = check.verified() + checkpoints; check.verified() < end; ) {
      try {
        step();
      } catch (SQLException | ExecutionException | IllegalStateException e) {
        if (!isDuckDbsOwnEnd(e)) {
          throw e;
        }
        // What was replicated so far was verified; nothing more can come from this instance.
        System.out.println(
            "history " + seed + " ended by DuckDB after " + check.verified() + ": " + e);
        return figures();
      }
      verify();
    }
    return figures();
  }

  /**
   * DuckDB can lose track of an index under concurrent deletes and then invalidates itself, with a
   * message of its own that only reading cannot cause.
   */
  private static boolean isDuckDbsOwnEnd(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (message.contains("Failed to delete all rows from index")
          || message.contains("Failed to remove all rows while merging checkpoint deltas")
          || message.contains("invalid node type for TransformToDeprecated")) {
        return true; // what DuckDB 2.0, 1.5 and 1.4 say of it
      }
    }
    return false;
  }

  HistoryFigures figures() {
    return new HistoryFigures(
        seed,
        check.verified(),
        check.compared(),
        statements.get(),
        refused.get(),
        check.commits(),
        check.partialReads(),
        missed(),
        readersOverCheckpoints,
        checkpointsGivenUp,
        check.forgottenByDuckDb());
  }

  private void step() throws Exception {
    int draw = random.nextInt(100);
    maybeRead();
    for (int count = 1 + random.nextInt(5); count > 0; count--) {
      operate(database.connection(), operations, readers.size() > 0 && random.nextInt(8) > 0, true);
    }
    if (draw < 45) {
      doing = "checkpoint";
      checkpoint(true);
    } else if (draw < 60) {
      doing = "checkpoint that nobody told of";
      checkpoint(false);
    } else if (draw < 68) {
      doing = "several checkpoints between two looks";
      severalUnseen();
      restart();
    } else if (draw < 78) {
      doing = "concurrent writers";
      concurrently();
      checkpoint(true);
    } else if (draw < 85) {
      doing = "DuckDB restarted";
      restart();
    } else if (draw < 90) {
      doing = "reopened";
      readers.closeAll();
      noteMissed();
      drawOptions();
      database.reopen();
    } else if (draw < 96) {
      abandon();
    } else {
      doing = "local files lost";
      readers.closeAll();
      checkpoint(true);
      database.awaitInSync();
      noteMissed();
      database.stop();
      database.deleteLocalFiles();
      database.open();
    }
  }

  /** E begins anew. */
  private void restart() throws SQLException {
    readers.closeAll();
    drawOptions();
    database.restartDuckDb();
  }

  /** The replicator goes away, DuckDB goes on; then everything is opened again. */
  private void abandon() throws Exception {
    boolean stays = random.nextBoolean();
    doing = stays ? "replicator gone, DuckDB stays open" : "replicator gone, DuckDB used plainly";
    readers.closeAll();
    noteMissed();
    database.abandon();
    for (int rounds = random.nextInt(3); rounds >= 0; rounds--) {
      operate(database.connection(), operations, false, false);
      operate(database.connection(), operations, false, false);
      database.executeUntold("CHECKPOINT");
    }
    operate(database.connection(), operations, false, false);
    if (!stays) {
      database.closeDuckDb();
      drawOptions();
    }
    database.open();
    if (stays) {
      checkpoint(true);
      verify();
      restart();
    }
  }

  private void severalUnseen() throws SQLException {
    readers.closeAll();
    List<String> unseen = new ArrayList<>();
    for (int rounds = 2 + random.nextInt(3); rounds > 0; rounds--) {
      unseen.add(
          "CREATE OR REPLACE TABLE unseen AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range("
              + (1 + random.nextInt(200_000))
              + ")");
      unseen.add("CHECKPOINT");
    }
    database.executeUnseen(unseen.toArray(String[]::new));
  }

  private void operate(
      Connection connection, HistoryOperations source, boolean gentle, boolean told)
      throws SQLException {
    for (String sql : source.next(connection, gentle).statements()) {
      statements.incrementAndGet();
      Future<?> waiting = freeReadersIfItTakesLong();
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        requireHarmless(e, sql);
        refused.incrementAndGet();
        rollBack(connection);
        return;
      } finally {
        waiting.cancel(false);
        if (told) {
          database.replicator().changed();
        }
      }
    }
  }

  /** Conflicts and violated constraints are part of life; an instance that broke is not. */
  private void requireHarmless(SQLException e, String sql) {
    if (String.valueOf(e.getMessage()).contains("invalidated")) {
      throw new IllegalStateException("seed " + seed + ": " + sql, e);
    }
  }

  private static void rollBack(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      return; // no transaction was open
    }
  }

  /**
   * DuckDB 1.4 can wait for ever, spinning, for a reader that its own checkpoint must wait for,
   * automatic ones too: readers are closed if that takes long.
   */
  private Future<?> freeReadersIfItTakesLong() {
    return watchdog.schedule(readers::closeAll, 3, TimeUnit.SECONDS);
  }

  /**
   * DuckDB refuses while others write, and version 2 also for the sake of readers. Version 1.4 may
   * go on refusing when all of them are closed: then it is restarted.
   */
  private void checkpoint(boolean told) throws SQLException {
    for (int attempt = 1; attempt <= CHECKPOINT_ATTEMPTS; attempt++) {
      Future<?> waiting = freeReadersIfItTakesLong();
      try {
        if (told) {
          database.execute("CHECKPOINT");
        } else {
          database.executeUntold("CHECKPOINT");
        }
        readersOverCheckpoints += readers.size();
        return;
      } catch (SQLException e) {
        requireHarmless(e, "CHECKPOINT");
        readers.closeAll();
      } finally {
        waiting.cancel(false);
      }
    }
    checkpointsGivenUp++;
    restart();
  }

  private void maybeRead() throws SQLException {
    if (random.nextInt(8) == 0) {
      readers.closeOldest();
    }
    if (readers.size() < 3 && random.nextInt(2) == 0) {
      String table = HistoryOperations.largestTable(database.connection());
      if (table != null) {
        readers.open(database.connect(), table);
      }
    }
  }

  private void concurrently() throws Exception {
    int writers = 2 + random.nextInt(2);
    var running = new AtomicInteger(writers);
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        var source = new HistoryOperations(random.nextLong());
        int count = 2 + random.nextInt(5);
        boolean told = random.nextBoolean();
        Callable<?> writer =
            () -> {
              try (Connection connection = database.connect()) {
                for (int operation = 0; operation < count; operation++) {
                  operate(connection, source, operation % 2 == 0, told);
                }
                return null;
              } finally {
                running.decrementAndGet();
              }
            };
        all.add(threads.submit(writer));
      }
      while (running.get() > 0) {
        try {
          database.execute("CHECKPOINT");
        } catch (SQLException e) {
          requireHarmless(e, "CHECKPOINT");
          Thread.onSpinWait();
        }
      }
      for (Future<?> writer : all) {
        writer.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private long missed() {
    return missedBefore + database.replicator().status().missedIterations();
  }

  private void noteMissed() {
    missedBefore = missed();
  }

  private void verify() throws Exception {
    String context = "seed " + seed + ", checkpoint " + check.verified() + " (" + doing + ")";
    if (!check.verify(context)) {
      restart();
    }
  }

  @Override
  public void close() throws SQLException {
    watchdog.shutdownNow();
    readers.closeAll();
    database.close();
  }
}
