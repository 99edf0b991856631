package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code durability=commit} and statements that only read by their words: what they draw of
 * sequences is on the replica when they return, and what others commit meanwhile is not their
 * business.
 */
@Tag("compat")
@Timeout(120)
final class DrawnSequencesTest {
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
        + ";haduck.durability=commit;haduck.sync_interval=1h"
        + String.join("", options);
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(url(options));
  }

  private FaultInjectingStore store() {
    return FaultyStores.opened(directory.resolve("replica/a.duckdb"));
  }

  private long nextOnTheReplica() throws SQLException {
    Path copy = directory.resolve("copy-" + copies++ + ".duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, copy));
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + copy)) {
      return number(connection, "SELECT nextval('s')");
    }
  }

  private static void prepare(Connection connection) throws SQLException {
    run(connection, "CREATE SEQUENCE s");
    run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
    run(connection, "CREATE VIEW v AS SELECT nextval('s') AS n");
    run(connection, "CREATE VIEW w AS SELECT * FROM v");
    run(connection, "CREATE MACRO m() AS nextval('s')");
    run(connection, "CREATE MACRO tm() AS TABLE SELECT nextval('s') AS n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT nextval('s')",
        "SELECT * FROM v",
        "FROM w",
        "TABLE v",
        "SELECT m()",
        "SELECT * FROM tm()",
        "SELECT i + m() FROM t LIMIT 1",
        "WITH a AS (FROM v) SELECT * FROM a",
        "SELECT (FROM v)",
        "SUMMARIZE v",
        "VALUES (m())"
      })
  void whatAReadDraws_isOnTheReplica_howeverItIsRun(String sql) throws Exception {
    try (Connection connection = connect()) {
      prepare(connection);
      run(connection, sql);
      assertOnTheReplica(connection);
      try (PreparedStatement prepared = connection.prepareStatement(sql)) {
        prepared.executeQuery().close();
        assertOnTheReplica(connection);
        prepared.execute();
        assertOnTheReplica(connection);
      }
      connection.setAutoCommit(false);
      run(connection, sql);
      connection.commit();
      assertOnTheReplica(connection);
      run(connection, sql);
      connection.setAutoCommit(true);
      assertOnTheReplica(connection);
      run(connection, "BEGIN");
      run(connection, sql);
      run(connection, "COMMIT");
      assertOnTheReplica(connection);
      run(connection, "SET jdbc_stream_results = true");
      readAll(connection, sql);
      assertOnTheReplica(connection);
    }
  }

  private void assertOnTheReplica(Connection connection) throws SQLException {
    long last = number(connection, "SELECT last_value FROM duckdb_sequences()");
    assertThat(nextOnTheReplica()).isGreaterThan(last);
  }

  @Test
  void setval_isOnTheReplica_whereDuckDbHasIt() throws Exception {
    try (Connection connection = connect(";haduck.sync_timeout=2s")) {
      prepare(connection);
      Assumptions.assumeThat(
              number(
                  connection,
                  "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'setval'"))
          .isPositive();
      FaultInjectingStore store = store(); // the one that is open, before restores open others
      run(connection, "SELECT setval('s', 1000)");
      assertThat(nextOnTheReplica()).isEqualTo(1001);
      run(connection, "CREATE MACRO sm(n) AS setval('s', n)");
      run(connection, "SELECT sm(2000)");
      assertThat(nextOnTheReplica()).isEqualTo(2001);
      store.outage(true);
      assertThatThrownBy(() -> run(connection, "SELECT setval('s', 3000)"))
          .isInstanceOf(ReplicationPendingException.class);
      store.heal();
    }
  }

  @Test
  void aDrawThatAnAutomaticCheckpointFollows_isOnTheReplica() throws Exception {
    try (Connection connection = connect();
        Connection other = connect()) {
      prepare(connection);
      run(connection, "SET checkpoint_threshold = '1KB'");
      for (int i = 0; i < 20; i++) {
        run(connection, "SELECT * FROM v");
        assertOnTheReplica(connection);
        run(other, "CHECKPOINT");
      }
    }
  }

  @Test
  void duringAnOutage_readsGoOn_whateverOthersCommitMeanwhile() throws Exception {
    try (Connection writer = connect(";haduck.sync_timeout=50ms");
        Connection reader = connect(";haduck.sync_timeout=50ms")) {
      await()
          .untilAsserted(
              () ->
                  assertThatCode(() -> run(writer, "CREATE SEQUENCE IF NOT EXISTS s"))
                      .doesNotThrowAnyException());
      run(writer, "BEGIN");
      run(writer, "CREATE OR REPLACE TABLE t AS SELECT range AS i FROM range(10)");
      run(writer, "CREATE VIEW big AS SELECT * FROM range(100_000) AS r(i)");
      assertThatCode(() -> commit(writer)).doesNotThrowAnyException();
      await()
          .untilAsserted(
              () -> assertThatCode(() -> Haduck.sync(writer)).doesNotThrowAnyException());
      store().outage(true);
      var stop = new AtomicBoolean();
      var writing = new CountDownLatch(25);
      Future<?> writes =
          executor.submit(
              () -> {
                for (int i = 1; !stop.get(); i++) {
                  assertThatThrownBy(() -> run(writer, "INSERT INTO t VALUES (1)"))
                      .isInstanceOf(ReplicationPendingException.class);
                  if (i % 10 == 0 && !isDuckDb14(writer)) {
                    checkpoint(writer);
                  }
                  writing.countDown();
                }
                return null;
              });
      long reads = 0;
      reader.setAutoCommit(true);
      while (writing.getCount() > 0 || reads < 100) {
        for (String sql : List.of("SELECT count(*) FROM big", "FROM t LIMIT 1", "SELECT 1 + 1")) {
          readAll(reader, sql);
          reads++;
        }
        reader.setAutoCommit(false);
        readAll(reader, "SELECT count(*) FROM t");
        reader.commit();
        reader.setAutoCommit(true);
      }
      stop.set(true);
      writes.get();
      assertThatThrownBy(() -> run(reader, "SELECT nextval('s')"))
          .isInstanceOf(ReplicationPendingException.class);
      store().heal();
      await()
          .untilAsserted(
              () -> assertThatCode(() -> Haduck.sync(writer)).doesNotThrowAnyException());
    }
  }

  /** There a checkpoint's end tells nothing of what was committed with it. */
  private static boolean isDuckDb14(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseProductVersion().startsWith("v1.4");
  }

  private static void commit(Connection connection) throws SQLException {
    try {
      run(connection, "COMMIT");
    } catch (ReplicationPendingException e) {
      assertThat(e.getSQLState()).isEqualTo("RP001");
    }
  }

  private static void checkpoint(Connection connection) throws SQLException {
    try {
      run(connection, "CHECKPOINT");
    } catch (ReplicationPendingException e) {
      assertThat(e.getSQLState()).isEqualTo("RP001");
    } catch (SQLException e) {
      assertThat(e.getMessage()).contains("CHECKPOINT"); // readers are in its way
    }
  }

  private static void readAll(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery(sql)) {
      while (resultSet.next()) {
        assertThat(resultSet.getObject(1)).isNotNull();
      }
    }
  }
}
