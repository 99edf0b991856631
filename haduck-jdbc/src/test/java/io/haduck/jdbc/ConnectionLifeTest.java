package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.OtherProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users do with connections beside executing statements on them. */
@Tag("compat")
final class ConnectionLifeTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String url(String... options) {
    return "jdbc:haduck:" + file("a.duckdb") + String.join("", options);
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(
        url(options) + ";haduck.replica=" + FaultyStores.url(file("replica")));
  }

  private FaultInjectingStore store() {
    return FaultyStores.opened(file("replica").resolve("a.duckdb"));
  }

  private void assertRestores(long rows) throws Exception {
    Haduck.shutdown();
    loseTheDisk(directory);
    try (Connection restored = connect()) {
      assertThat(number(restored, "SELECT count(*) FROM t")).isEqualTo(rows);
    }
  }

  // --- close() with the store down

  @ParameterizedTest
  @ValueSource(strings = {"async", "checkpoint", "commit"})
  void close_withTheStoreDown_closesDuckDb_andTheNextOpeningSendsIt(String durability)
      throws Exception {
    String[] options = {
      ";haduck.durability=" + durability, ";haduck.linger=0s", ";haduck.sync_timeout=300ms"
    };
    Connection connection = connect(options);
    run(connection, "CREATE TABLE t AS SELECT 1 AS i");
    Haduck.checkpoint(connection);
    store().outage(true);
    if (durability.equals("commit")) {
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (2)"))
          .isInstanceOf(ReplicationPendingException.class);
    } else {
      run(connection, "INSERT INTO t VALUES (2)");
    }
    if (durability.equals("async")) {
      connection.close();
    } else {
      assertThatThrownBy(connection::close)
          .isInstanceOf(ReplicationPendingException.class)
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("RP001"));
    }
    assertThat(connection.isClosed()).isTrue();
    connection.close();
    assertThat(OfThisJvm.databases().all()).isEmpty();
    assertThat(OtherProcess.canOpen(file("a.duckdb"))).isTrue();
    store().outage(false);
    try (Connection again = connect(options)) {
      Haduck.sync(again);
    }
    assertRestores(2);
  }

  @Test
  void closeOfAMemoryDatabase_withTheAttachedStoreDown_closesDuckDb() throws Exception {
    Connection connection = DriverManager.getConnection("jdbc:haduck:");
    String attach =
        "ATTACH 'haduck:"
            + file("a.duckdb")
            + ";haduck.linger=0s;haduck.sync_timeout=300ms;haduck.replica="
            + FaultyStores.url(file("replica"))
            + "' AS a";
    run(connection, attach);
    run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
    Haduck.sync(connection);
    store().outage(true);
    run(connection, "INSERT INTO a.t VALUES (2)");
    assertThatThrownBy(connection::close).isInstanceOf(ReplicationPendingException.class);
    assertThat(connection.isClosed()).isTrue();
    assertThat(OtherProcess.canOpen(file("a.duckdb"))).isTrue();
    store().outage(false);
    try (Connection again = DriverManager.getConnection("jdbc:haduck:")) {
      run(again, attach);
      Haduck.sync(again);
    }
    assertRestores(2);
  }

  // --- configuration that is locked, initial SQL

  @Test
  void lockedConfiguration_doesNotDisturbReplicationCheckpointsOrHolds() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "SET lock_configuration = true");
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(200_000)");
      store().rate(FaultInjectingStore.Fault.DELAY, 1).maxDelay(Duration.ofMillis(50));
      for (int i = 0; i < 5; i++) {
        run(connection, "INSERT INTO t SELECT range FROM range(200_000)");
        Haduck.checkpoint(connection);
        run(connection, "LOAD haduck");
      }
      run(connection, "ATTACH 'haduck:" + file("b.duckdb") + ";haduck.name=b' AS b");
      run(connection, "CREATE TABLE b.t (i INTEGER)");
      run(connection, "CHECKPOINT b");
      Haduck.sync(connection);
    }
    assertRestores(1_200_000);
  }

  @Test
  void sessionInitSql_mayWriteAndLockTheConfiguration() throws Exception {
    Path init = file("init.sql");
    Files.writeString(
        init,
        """
        CREATE TABLE IF NOT EXISTS t (i INTEGER);
        INSERT INTO t VALUES (1);
        SET lock_configuration = true;
        """);
    String options = ";session_init_sql_file=" + init;
    try (Connection connection = connect(options, ";haduck.durability=commit")) {
      assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      run(connection, "INSERT INTO t VALUES (2)");
      Haduck.checkpoint(connection);
      assertThatThrownBy(() -> run(connection, "SET threads = 1")).isInstanceOf(SQLException.class);
    }
    assertRestores(2);
  }

  // --- connections that haduck does not see

  @Test
  void duplicateThatOutlivesTheWrappers_keepsTheLock_andIsExactAtTheNextOpening() throws Exception {
    DuckDBConnection duplicate;
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(50_000)");
      duplicate = connection.unwrap(DuckDBConnection.class).duplicate();
    }
    try (duplicate) {
      assertThat(OfThisJvm.databases().all()).isEmpty();
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
      run(duplicate, "INSERT INTO t VALUES (-1)");
      run(duplicate, "CHECKPOINT");
      run(duplicate, "UPDATE t SET i = i + 1");
      run(duplicate, "CHECKPOINT");
      run(duplicate, "INSERT INTO t VALUES (-2)");
      try (Connection connection = connect(";haduck.linger=0s")) {
        assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(50_002);
        run(duplicate, "INSERT INTO t VALUES (-3)");
        Haduck.sync(connection);
      }
      run(duplicate, "DELETE FROM t WHERE i = -3");
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
    }
    assertThat(OtherProcess.canOpen(file("a.duckdb"))).isTrue();
    long sum;
    try (Connection connection = connect()) {
      sum = number(connection, "SELECT sum(i) FROM t");
      Haduck.sync(connection);
    }
    assertRestores(50_002);
    try (Connection connection = connect()) {
      assertThat(number(connection, "SELECT sum(i) FROM t")).isEqualTo(sum);
    }
  }

  @Test
  void duplicateThatCommitsWhileItLingers_isNoticed() throws Exception {
    DuckDBConnection duplicate;
    try (Connection connection = connect(";haduck.sync_interval=50ms")) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      duplicate = connection.unwrap(DuckDBConnection.class).duplicate();
    }
    try (duplicate) {
      run(duplicate, "INSERT INTO t VALUES (2)");
      OpenDatabase lingering = OfThisJvm.databases().all().get(0);
      long local = lingering.status(0).replication().orElseThrow().localWal();
      await()
          .untilAsserted(
              () ->
                  assertThat(lingering.status(0).replication().orElseThrow().replicatedWal())
                      .isEqualTo(local)
                      .isPositive());
    }
    assertRestores(2);
  }

  @Test
  void plainConnection_beforeDuringAndAfter_sharesTheInstance_andIsExact() throws Exception {
    try (Connection before = DriverManager.getConnection("jdbc:duckdb:" + file("a.duckdb"))) {
      run(before, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
      run(before, "CHECKPOINT");
      try (Connection connection = connect(";haduck.linger=0s")) {
        run(before, "INSERT INTO t VALUES (-1)");
        run(before, "CHECKPOINT");
        Haduck.sync(connection);
        try (Connection during = DriverManager.getConnection("jdbc:duckdb:" + file("a.duckdb"))) {
          run(during, "INSERT INTO t VALUES (-2)");
          Haduck.sync(connection);
        }
        assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
      }
      run(before, "INSERT INTO t VALUES (-3)");
      run(before, "CHECKPOINT");
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
    }
    try (Connection after = DriverManager.getConnection("jdbc:duckdb:" + file("a.duckdb"))) {
      run(after, "UPDATE t SET i = -i");
    }
    try (Connection connection = connect()) {
      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(1003);
      Haduck.sync(connection);
    }
    assertRestores(1003);
    try (Connection connection = connect()) {
      assertThat(number(connection, "SELECT sum(i) FROM t")).isEqualTo(-499_500 + 6);
    }
  }

  // --- read-only

  @Test
  void setReadOnly_isDuckDbsBusiness_andReadOnlyDatabasesAreLeftAlone() throws Exception {
    try (Connection connection = DriverManager.getConnection(url())) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      connection.setReadOnly(false);
      assertThatThrownBy(() -> connection.setReadOnly(true)).isInstanceOf(SQLException.class);
    }
    for (String option : new String[] {";access_mode=READ_ONLY", ";duckdb.read_only=true"}) {
      try (Connection connection = connect(option);
          Connection second = connect(option)) {
        assertThat(number(second, "SELECT count(*) FROM t")).isEqualTo(1);
        run(connection, "LOAD haduck");
        assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (2)"))
            .isInstanceOf(SQLException.class)
            .isNotInstanceOf(ReplicationPendingException.class);
      }
    }
    assertThat(directory).isDirectoryNotContaining("glob:**haduck*");
    assertThat(file("replica")).doesNotExist();
  }

  // --- shutting down

  @Test
  void shutdown_leavesOpenConnectionsAlone_andConnectingWorksAgain() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      Haduck.shutdown();
      run(connection, "INSERT INTO t VALUES (2)");
      Haduck.sync(connection);
    }
    Haduck.shutdown();
    Haduck.shutdown();
    assertThat(OfThisJvm.databases().all()).isEmpty();
    try (Connection connection = connect()) {
      run(connection, "INSERT INTO t VALUES (3)");
      run(connection, "CHECKPOINT");
    }
    assertRestores(3);
  }
}
