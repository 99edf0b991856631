package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.replica.ReplicatorStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program asks of the facade while it works: a checkpoint, or that all of it is sent. */
final class FacadeCheckpointTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Connection connect(String name, String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + directory.resolve(name)
            + ";haduck.replica=file:"
            + directory.resolve("replica")
            + String.join("", options));
  }

  @Test
  void facade_checkpoint_saysWhatWasSent() throws SQLException {
    try (Connection connection = connect("a.duckdb", ";haduck.durability=async")) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1_000_000)");
      CheckpointResult first = Haduck.checkpoint(connection);
      assertThat(first.seq()).isEqualTo(status(connection).seq()).isPositive();
      assertThat(first.blocks()).isPositive().isLessThanOrEqualTo(first.blocksInUse());
      assertThat(first.bytes()).isPositive();
      CheckpointResult nothing = Haduck.checkpoint(connection);
      assertThat(nothing.seq()).isEqualTo(first.seq());
      assertThat(nothing.blocks()).isZero();
      run(connection, "DELETE FROM t WHERE a = 7");
      CheckpointResult small = Haduck.checkpoint(connection);
      assertThat(small.seq()).isGreaterThan(first.seq());
      assertThat(small.blocks()).isPositive().isLessThan(small.blocksInUse());
      assertThat(status(connection).replicatedIteration())
          .isEqualTo(status(connection).localIteration());
    }
  }

  /**
   * What makes DuckDB of any version refuse to checkpoint: an old transaction, and a drop after it.
   */
  private static void standInTheWayOfCheckpoints(Connection connection, Connection other)
      throws SQLException {
    run(connection, "CREATE TABLE t (a INTEGER)");
    run(connection, "CREATE TABLE dropped AS SELECT range FROM range(1000)");
    run(connection, "CHECKPOINT");
    other.setAutoCommit(false);
    assertThat(number(other, "SELECT count(*) FROM t")).isZero();
    run(connection, "DROP TABLE dropped");
    assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
        .isInstanceOf(SQLException.class)
        .isNotInstanceOf(ReplicationPendingException.class)
        .hasMessageContaining("Cannot CHECKPOINT");
  }

  @Test
  void facade_checkpoint_triesAgain_whileOthersAreInTheWay() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection connection = connect("a.duckdb");
        Connection other = connect("a.duckdb")) {
      standInTheWayOfCheckpoints(connection, other);
      Future<CheckpointResult> result = executor.submit(() -> Haduck.checkpoint(connection));
      assertThatThrownBy(() -> result.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      other.commit();
      assertThat(result.get().attempts()).isGreaterThan(1);
      assertThat(status(connection).lagBytes()).isZero();
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void facade_checkpoint_thatOthersPrevent_makesTheCommitsDurableByTheWal() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.sync_timeout=2s");
        Connection other = connect("a.duckdb", ";haduck.sync_timeout=2s")) {
      standInTheWayOfCheckpoints(connection, other);
      run(connection, "INSERT INTO t VALUES (7)");
      CheckpointResult prevented = Haduck.checkpoint(connection);
      assertThat(prevented.checkpointed()).isFalse();
      assertThat(prevented.attempts()).isGreaterThan(1);
      assertThat(status(connection).lagBytes()).isZero();
      other.rollback();
      CheckpointResult made = Haduck.checkpoint(connection);
      assertThat(made.checkpointed()).isTrue();
      assertThat(made.attempts()).isEqualTo(1);
      assertThat(made.seq()).isGreaterThan(prevented.seq());
    }
  }

  @Test
  void facade_checkpoint_inItsOwnTransaction_failsAtOnce_andWithoutAutoCommitWorks()
      throws SQLException {
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "BEGIN");
      run(connection, "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> Haduck.checkpoint(connection))
          .hasMessageContaining("inside of a transaction of this connection");
      run(connection, "ROLLBACK");
      connection.setAutoCommit(false);
      assertThat(Haduck.checkpoint(connection).seq()).isPositive();
    }
  }

  @Test
  void facade_sync_waitsForTheWriteAheadLog() throws Exception {
    try (Connection connection = connect("a.duckdb", ";haduck.sync_interval=1h")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "INSERT INTO t VALUES (1)");
      assertThat(status(connection).localWal()).isPositive();
      Haduck.sync(connection);
      assertThat(status(connection).lagBytes()).isZero();
      assertThat(status(connection).replicatedWal()).isEqualTo(status(connection).localWal());
      assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
    }
    try (Connection local =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("local.duckdb"))) {
      assertThatThrownBy(() -> Haduck.sync(local)).hasMessageContaining("no replica");
    }
  }
}
