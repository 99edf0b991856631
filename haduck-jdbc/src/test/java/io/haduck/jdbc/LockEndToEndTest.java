package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.OtherProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DuckDB is never harmed: its lock is kept, and nobody waits for us who did not ask to. */
@Tag("compat")
class LockEndToEndTest {
  private static final int CALLERS = 4;
  private static final int CHECKPOINTS = 100;

  @TempDir Path directory;
  private Path file;
  private String url;

  @BeforeEach
  void name() {
    file = directory.resolve("my.duckdb");
    url = "jdbc:haduck:" + file + ";haduck.replica=file:" + directory.resolve("replica");
  }

  @AfterEach
  void shutDown() {
    Haduck.shutdown();
  }

  @Test
  void secondProcess_isRefused_afterCheckpointsReconnectsARestoreAndAStormOfInterrupts()
      throws Exception {
    try (Connection keeper = connect()) {
      run(keeper, "CREATE TABLE t AS SELECT range AS a FROM range(50000)");
      long begun = iteration(keeper);
      var stop = new AtomicBoolean();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        Thread caller = new Thread(() -> callUntil(stop));
        callers.add(caller);
        caller.start();
      }
      for (int i = 0; iteration(keeper) < begun + CHECKPOINTS; i++) {
        callers.get(i % CALLERS).interrupt();
        // The pace of the storm: often enough to hit every place, rarely enough that something is
        // done.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
      Haduck.checkpoint(keeper);
      try (ObjectStore replica = Haduck.replica(url, new Properties())) {
        Haduck.restore(RestoreRequest.latest(replica, directory.resolve("restored.duckdb")));
      }
      assertThat(OtherProcess.canOpen(file)).isFalse();
      assertThat(number(keeper, "SELECT number(*) FROM t")).isGreaterThan(50_000);
    }
    Haduck.shutdown();
    assertThat(OtherProcess.canOpen(file)).isTrue();
  }

  /**
   * Connects, writes, checkpoints and closes; what fails because of an interrupt does not matter.
   */
  private void callUntil(AtomicBoolean stop) {
    while (!stop.get()) {
      try (Connection connection = connect()) {
        run(connection, "INSERT INTO t SELECT range FROM range(100)");
        run(connection, "CHECKPOINT");
      } catch (SQLException expectedNowAndThen) {
        // Interrupted while waiting for the replica, or another transaction was in the way.
        Thread.interrupted();
      }
    }
  }

  @Test
  void statements_besideAnIdleWriteTransaction_doNotWaitForACheckpointThatCannotRun()
      throws Exception {
    ExecutorService background = Executors.newSingleThreadExecutor();
    try (Connection idle = connect();
        Connection other = connect();
        Connection checkpointing = connect()) {
      run(idle, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      run(idle, "CREATE TABLE u(a INTEGER)");
      idle.setAutoCommit(false);
      run(idle, "INSERT INTO u VALUES (1)");
      // DuckDB 1.5 and 2.0 let a checkpoint pass beside an idle writer as long as nobody updated
      // anything.
      run(other, "INSERT INTO t VALUES (-1)");
      run(other, "UPDATE t SET a = -2 WHERE a = -1");
      Callable<CheckpointResult> checkpoint = () -> Haduck.checkpoint(checkpointing);
      Future<CheckpointResult> running = background.submit(checkpoint);
      for (int i = 0; i < 200; i++) {
        run(other, "INSERT INTO t VALUES (" + i + ")");
        assertThat(number(other, "SELECT number(*) FROM t")).isEqualTo(1002 + i);
        try (PreparedStatement prepared =
            other.prepareStatement("UPDATE t SET a = a + 1 WHERE a = ?")) {
          prepared.setInt(1, i);
          prepared.executeUpdate();
        }
      }
      other.setAutoCommit(false);
      run(other, "DELETE FROM t WHERE a < 10");
      other.commit();
      // All that while the checkpoint could not run: the idle transaction is still open.
      assertThat(running.isDone()).isFalse();
      idle.commit();
      assertThat(running.get(60, TimeUnit.SECONDS).seq()).isPositive();
    } finally {
      background.shutdownNow();
    }
  }

  private static long iteration(Connection connection) throws SQLException {
    return Haduck.status(connection).replication().orElseThrow().localIteration();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url + ";haduck.sync_timeout=60s");
  }
}
