package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store goes away while databases are open, and comes back. */
final class OutageTest {
  @TempDir Path directory;

  private final ExecutorService executor = Executors.newSingleThreadExecutor();

  @AfterEach
  void endReplication() {
    executor.shutdownNow();
    Haduck.shutdown();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private Connection connect(String name, String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + file(name)
            + ";haduck.replica=file:"
            + file("replica")
            + String.join("", options));
  }

  /** A plain file stands where the replica's directory was. */
  private void storeGoesAway() throws IOException {
    Files.move(file("replica"), file("replica-away"));
    Files.writeString(file("replica"), "no directory");
  }

  private void storeComesBack() throws IOException {
    Files.delete(file("replica"));
    Files.move(file("replica-away"), file("replica"));
  }

  @Test
  void checkpoint_duringAnOutage_isPending_andLocalSqlGoesOn() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.sync_timeout=300ms")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "CHECKPOINT");
      storeGoesAway();
      run(connection, "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining("committed locally")
          .hasMessageContaining("file:" + file("replica") + "/a.duckdb");
      assertThatThrownBy(() -> Haduck.checkpoint(connection))
          .isInstanceOf(ReplicationPendingException.class);
      assertThatThrownBy(() -> Haduck.sync(connection))
          .isInstanceOf(ReplicationPendingException.class);
      run(connection, "INSERT INTO t VALUES (2)");
      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(2);
      assertThat(connection.isValid(1)).isTrue();
      assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.FAILING);
      assertThat(status(connection).lastError()).isNotBlank();
      storeComesBack();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC));
      Haduck.checkpoint(connection);
    }
  }

  @Test
  void async_neverWaits() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.durability=async")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      Haduck.checkpoint(connection);
      storeGoesAway();
      run(connection, "INSERT INTO t VALUES (1)");
      run(connection, "CHECKPOINT");
    }
    storeComesBack();
  }

  @Test
  void lastClose_duringAnOutage_isPending_andSentWhileItLingers() throws Exception {
    Connection connection = connect("a.duckdb", ";haduck.sync_timeout=300ms", ";haduck.linger=1ms");
    run(connection, "CREATE TABLE t (a INTEGER)");
    run(connection, "CHECKPOINT");
    storeGoesAway();
    run(connection, "INSERT INTO t VALUES (1)");
    assertThatThrownBy(connection::close).isInstanceOf(ReplicationPendingException.class);
    assertThat(connection.isClosed()).isTrue();
    storeComesBack();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(OfThisJvm.databases().all()).isEmpty());
    Files.delete(file("a.duckdb"));
    try (Connection restored = connect("a.duckdb")) {
      assertThat(number(restored, "SELECT count(*) FROM t")).isEqualTo(1);
    }
  }

  @Test
  void cancel_endsTheWait() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.sync_timeout=10m")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "CHECKPOINT");
      storeGoesAway();
      run(connection, "INSERT INTO t VALUES (1)");
      try (Statement statement = connection.createStatement()) {
        Future<?> waiting = executor.submit(() -> statement.execute("CHECKPOINT"));
        await().until(() -> status(connection).state() == ReplicatorStatus.State.FAILING);
        await()
            .untilAsserted(
                () -> {
                  statement.cancel();
                  assertThat(waiting.isDone()).isTrue();
                });
        assertThatThrownBy(waiting::get).hasCauseInstanceOf(ReplicationPendingException.class);
      }
      storeComesBack();
    }
  }

  @Test
  void queryTimeout_endsTheWait() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.sync_timeout=10m");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      statement.execute("CHECKPOINT");
      storeGoesAway();
      statement.execute("INSERT INTO t VALUES (1)");
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.execute("CHECKPOINT"))
          .isInstanceOf(ReplicationPendingException.class);
      storeComesBack();
    }
  }

  @Test
  void connecting_withoutTheStore_isRefused_sinceAnotherWriterMayOwnIt() throws Exception {
    connect("a.duckdb", ";haduck.linger=0s").close();
    storeGoesAway();
    assertThatThrownBy(() -> connect("a.duckdb", ";haduck.sync_timeout=300ms"))
        .isInstanceOf(SQLException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
    storeComesBack();
    connect("a.duckdb").close();
  }
}
