package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.DuckDbCheckpointHold;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DuckDbCheckpointHoldTest {
  @TempDir Path directory;

  private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(1);
  private final ReentrantLock lock = new ReentrantLock();

  @AfterEach
  void stop() {
    scheduler.shutdownNow();
  }

  private static String threshold(Connection connection) throws SQLException {
    return text(connection, "SELECT current_setting('checkpoint_threshold')");
  }

  /** Grows the WAL beyond 1 kB in one commit that is too small to skip it. */
  private static void commitBeyondTheThreshold(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO t SELECT range FROM range(1000)");
    }
  }

  @Test
  void hold_keepsAutomaticCheckpointsBack_untilReleased() throws Exception {
    Path database = directory.resolve("a.duckdb");
    Path wal = directory.resolve("a.duckdb.wal");
    try (Connection connection =
        DriverManager.getConnection("jdbc:duckdb:" + database + ";checkpoint_threshold=1KB")) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t (a BIGINT)");
        statement.execute("CHECKPOINT");
      }
      String before = threshold(connection);
      var held = new DuckDbCheckpointHold(lock, scheduler, () -> connection);
      held.hold();
      await().until(() -> !threshold(connection).equals(before));
      commitBeyondTheThreshold(connection);
      assertThat(Files.size(wal)).isGreaterThan(1000);
      held.release();
      await().until(() -> threshold(connection).equals(before));
      commitBeyondTheThreshold(connection);
      assertThat(!Files.exists(wal) || Files.size(wal) < 1000).isTrue();
    }
    // No connection of ours is left: another configuration may open it.
    DriverManager.getConnection("jdbc:duckdb:" + database + ";access_mode=READ_ONLY").close();
  }

  @Test
  void hold_ofADatabaseThatWasClosed_doesNothing() throws Exception {
    var held =
        new DuckDbCheckpointHold(
            lock,
            scheduler,
            () -> {
              throw new SQLException("closed");
            });
    held.hold();
    held.release();
    scheduler.submit(() -> {}).get();
    assertThat(lock.isLocked()).isFalse();
  }
}
