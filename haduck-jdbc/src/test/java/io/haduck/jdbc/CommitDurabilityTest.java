package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code durability=commit}: what an application was told is committed is on the replica. */
@Timeout(120)
final class CommitDurabilityTest {
  @TempDir Path directory;

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private int copies;

  @AfterEach
  void endReplication() {
    executor.shutdownNow();
    Haduck.shutdown();
  }

  private String url(String... options) {
    return "jdbc:haduck:"
        + directory.resolve("a.duckdb")
        + ";haduck.replica="
        + FaultyStores.url(directory.resolve("replica"))
        + String.join("", options);
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(url(options) + ";haduck.durability=commit");
  }

  private Connection connectAsync() throws SQLException {
    return DriverManager.getConnection(
        url(";haduck.durability=async", ";haduck.sync_interval=1h", ";haduck.sync_timeout=4s"));
  }

  private FaultInjectingStore store() {
    return FaultyStores.opened(directory.resolve("replica/a.duckdb"));
  }

  /** What an empty machine would restore now, while this one has the database open. */
  private long restoredNumber(String sql) throws SQLException, IOException {
    Path copy = Files.createDirectory(directory.resolve("copy-" + copies++)).resolve("a.duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, copy));
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + copy)) {
      return number(connection, sql);
    }
  }

  private void assertRestored(long rows) throws SQLException, IOException {
    assertThat(restoredNumber("SELECT count(*) FROM t")).isEqualTo(rows);
  }

  private static void insertPrepared(PreparedStatement prepared, int value) throws SQLException {
    prepared.setInt(1, value);
    prepared.executeUpdate();
  }

  @Test
  void whateverCommits_isOnTheReplicaWhenItReturns() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      assertThat(status(connection).seq()).as("the first BASE").isEqualTo(1);
      statement.execute("CREATE TABLE t (a INTEGER)");
      assertRestored(0);
      statement.executeUpdate("INSERT INTO t VALUES (1)");
      assertRestored(1);
      try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
        insertPrepared(prepared, 2);
        assertRestored(2);
        for (int i = 3; i <= 5; i++) {
          prepared.setInt(1, i);
          prepared.addBatch();
        }
        prepared.executeBatch();
        assertRestored(5);
      }
      statement.addBatch("INSERT INTO t VALUES (6)");
      statement.addBatch("INSERT INTO t VALUES (7)");
      statement.executeBatch();
      assertRestored(7);
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO t VALUES (8)");
      statement.execute("INSERT INTO t VALUES (9)");
      assertRestored(7);
      connection.commit();
      assertRestored(9);
      statement.execute("INSERT INTO t VALUES (10)");
      connection.setAutoCommit(true);
      assertRestored(10);
      statement.execute("BEGIN");
      statement.execute("INSERT INTO t VALUES (11)");
      statement.execute("COMMIT");
      assertRestored(11);
      statement.execute("INSERT INTO t VALUES (12); SELECT 1");
      assertRestored(12);
      connection.prepareStatement("INSERT INTO t VALUES (13); SELECT 1").close();
      assertRestored(13);
      statement.executeQuery("INSERT INTO t VALUES (14) RETURNING a").close();
      assertRestored(14);
      statement.execute("INSERT INTO t SELECT range FROM range(200_000)");
      assertRestored(200_014);
      statement.execute("CHECKPOINT");
      statement.execute("WITH old AS (SELECT 14 AS a) DELETE FROM t USING old WHERE t.a > old.a");
      assertRestored(29);
    }
  }

  @Test
  void aStreamedResult_thatWrites_isOnTheReplicaAtItsEnd() throws Exception {
    try (Connection connection = connect(";jdbc_stream_results=true");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SEQUENCE s; CREATE TABLE t (a INTEGER)");
      try (ResultSet resultSet = statement.executeQuery("SELECT nextval('s') FROM range(5000)")) {
        while (resultSet.next()) {
          assertThat(resultSet.getLong(1)).isPositive();
        }
      }
      assertThat(restoredNumber("SELECT nextval('s')")).isEqualTo(5001);
      statement.executeQuery("INSERT INTO t VALUES (1) RETURNING a");
      assertRestored(1);
    }
  }

  @Test
  void whatAnUnwrappedConnectionCommitted_isCaughtUpByTheNextCall() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      try (var appender = connection.unwrap(DuckDBConnection.class).createAppender("t")) {
        for (int i = 0; i < 1000; i++) {
          appender.beginRow();
          appender.append(i);
          appender.endRow();
        }
      }
      run(connection, "INSERT INTO t VALUES (1)");
      assertRestored(1001);
    }
  }

  @Test
  void duringAnOutage_whatMayHaveCommittedIsPending_andEverythingElseGoesOn() throws Exception {
    try (Connection connection = connect(";haduck.sync_timeout=300ms");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?)");
      store().outage(true);

      assertPending(() -> statement.executeUpdate("INSERT INTO t VALUES (1), (2)"));
      assertThat(statement.getUpdateCount()).isEqualTo(2);
      assertPending(() -> insertPrepared(insert, 3));
      assertThat(insert.getUpdateCount()).isEqualTo(1);
      insert.setInt(1, 4);
      insert.addBatch();
      insert.setInt(1, 5);
      insert.addBatch();
      assertThatThrownBy(insert::executeBatch)
          .isInstanceOfSatisfying(
              ReplicationPendingException.class,
              e -> assertThat(e.updateCounts()).containsExactly(1, 1));
      assertPending(() -> statement.executeQuery("INSERT INTO t VALUES (6) RETURNING a"));
      try (ResultSet returned = statement.getResultSet()) {
        assertThat(returned.next()).isTrue();
        assertThat(returned.getInt(1)).isEqualTo(6);
      }
      assertPending(() -> statement.execute("CREATE TABLE u (a INTEGER)"));
      assertPending(() -> connection.prepareStatement("INSERT INTO t VALUES (7); SELECT 1"));
      assertPending(() -> statement.execute("CHECKPOINT"));
      assertPending(() -> Haduck.sync(connection));
      assertPending(() -> Haduck.checkpoint(connection));

      connection.setAutoCommit(false);
      statement.execute("INSERT INTO t VALUES (8)");
      assertPending(connection::commit);
      statement.execute("INSERT INTO t VALUES (9)");
      connection.rollback();
      statement.execute("INSERT INTO t VALUES (9)");
      assertPending(() -> connection.setAutoCommit(true));

      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(9);
      assertThat(connection.isValid(1)).isTrue();
      assertThatCode(() -> connect(";haduck.sync_timeout=300ms").close())
          .as("another connection")
          .doesNotThrowAnyException();
      assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.FAILING);
      assertThat(status(connection).lagBytes() > 0 || status(connection).localIteration() > 1)
          .isTrue();

      store().heal();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThatCode(() -> Haduck.sync(connection)).doesNotThrowAnyException());
      assertRestored(9);
      insertPrepared(insert, 10);
      assertRestored(10);
    }
  }

  private static void assertPending(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isExactlyInstanceOf(ReplicationPendingException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("RP001"));
  }

  @Test
  void cancel_theQueryTimeout_andAnInterrupt_endTheWait() throws Exception {
    try (Connection connection = connect(";haduck.sync_timeout=10m");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      store().outage(true);

      Future<?> cancelled = executor.submit(() -> statement.execute("INSERT INTO t VALUES (1)"));
      await().until(() -> status(connection).state() == ReplicatorStatus.State.FAILING);
      await()
          .untilAsserted(
              () -> {
                statement.cancel();
                assertThat(cancelled.isDone()).isTrue();
              });
      assertThatThrownBy(cancelled::get).hasCauseInstanceOf(ReplicationPendingException.class);

      statement.setQueryTimeout(1);
      assertPending(() -> statement.execute("INSERT INTO t VALUES (2)"));

      Thread.currentThread().interrupt();
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO t VALUES (3)");
      assertPending(connection::commit);
      assertThat(Thread.interrupted()).isTrue();
      connection.setAutoCommit(true);

      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(3);
      store().heal();
    }
  }

  @Test
  void manyCommitsAtOnce_shareAFewChangesets() throws Exception {
    int threads = 16;
    int each = 20;
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (writer INTEGER, n INTEGER)");
      long before = status(connection).seq();
      store().maxDelay(Duration.ofMillis(40)).rate(Operation.PUT_IF_ABSENT, Fault.DELAY, 1.0);
      var start = new CountDownLatch(1);
      var done = new ArrayList<Future<?>>();
      for (int writer = 0; writer < threads; writer++) {
        int id = writer;
        done.add(
            executor.submit(
                () -> {
                  try (Connection own = connect();
                      PreparedStatement insert =
                          own.prepareStatement("INSERT INTO t VALUES (" + id + ", ?)")) {
                    start.await();
                    for (int n = 0; n < each; n++) {
                      insertPrepared(insert, n);
                    }
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> future : done) {
        future.get();
      }
      long changesets = status(connection).seq() - before;
      assertThat(changesets).isPositive().isLessThan(threads * each / 3);
      assertRestored((long) threads * each);
    }
  }

  @Test
  void aLostAnswer_isSettled_andTheCommitIsAcknowledged() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      store().failNext(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE);
      run(connection, "INSERT INTO t VALUES (1)");
      assertRestored(1);
    }
  }

  @Test
  void connecting_waitsForTheFirstBase_andSaysWhyThereIsNone() throws Exception {
    Path replica = directory.resolve("replica/a.duckdb");
    FaultyStores.prepare(
        replica,
        store ->
            store.beforeCall(
                (operation, key) -> {
                  if (operation == Operation.PUT_IF_ABSENT && key.startsWith("log/")) {
                    throw new UnavailableException("no log today");
                  }
                }));
    assertThatThrownBy(() -> connect(";haduck.sync_timeout=300ms", ";haduck.linger=0s"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("durability=commit")
        .hasMessageContaining("no log today")
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
    assertThat(OfThisJvm.databases().all()).isEmpty();
    FaultyStores.prepare(replica, store -> {});
    try (Connection connection = connect()) {
      assertThat(status(connection).seq()).isPositive();
    }
  }

  @Test
  void sync_andCheckpoint_coverTheWal_whateverTheDurability() throws Exception {
    try (Connection connection = connectAsync();
        Connection reader = connectAsync()) {
      FaultInjectingStore store = store(); // a restore opens another
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "INSERT INTO t VALUES (1)");
      Haduck.sync(connection);
      assertRestored(1);
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
      reader.setAutoCommit(false);
      run(reader, "INSERT INTO t VALUES (2)");
      store.outage(true); // else what still looks at the checkpoint may send it
      run(connection, "INSERT INTO t VALUES (3)");
      await().until(() -> status(connection).lagBytes() > 0);
      store.heal();
      CheckpointResult walOnly = Haduck.checkpoint(connection);
      reader.rollback();
      if (!walOnly.checkpointed()) {
        assertThat(walOnly.attempts()).isGreaterThan(1);
      }
      assertThat(walOnly.seq()).isEqualTo(status(connection).seq());
      assertRestored(2);
    }
  }
}
