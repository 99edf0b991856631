package io.haduck.jdbc.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.FencedException;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HaduckConnectionTest {
  private final RecordedCalls hook = new RecordedCalls();
  private Connection connection;

  @BeforeEach
  void connect() throws SQLException {
    connection =
        new HaduckConnection(
            DriverManager.getConnection("jdbc:duckdb:"),
            new DatabaseInstance(null, OfThisJvm.databases(), HaduckConnection::new),
            hook,
            hook,
            Settings.resolve(ObjectStoreSettings.known(), Map.of(), Map.of(), Map.of(), Map.of()));
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void everyWayToRunSql_isTold() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      statement.executeUpdate("INSERT INTO t VALUES (1)");
      statement.executeLargeUpdate("INSERT INTO t VALUES (2)", Statement.NO_GENERATED_KEYS);
      assertThat(hook.take()).containsExactly("CHANGES", "CHANGES", "CHANGES");
      statement.addBatch("SELECT 1");
      statement.addBatch("INSERT INTO t VALUES (3)");
      assertThat(hook.take()).isEmpty();
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("CHANGES");
    }
    assertThat(hook.take()).containsExactly("CHANGES");
    try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
      assertThat(hook.take()).containsExactly("CHANGES");
      prepared.setInt(1, 4);
      assertThat(hook.take()).isEmpty();
      prepared.execute();
      assertThat(hook.take()).containsExactly("CHANGES");
      prepared.setInt(1, 5);
      prepared.addBatch();
      prepared.executeLargeBatch();
      assertThat(hook.take()).containsExactly("CHANGES");
    }
    hook.take();
    connection.setAutoCommit(false);
    connection.createStatement().execute("INSERT INTO t VALUES (6)");
    assertThat(hook.take()).containsExactly("WRITES", "CHANGES");
    connection.commit();
    assertThat(hook.take()).containsExactly("CHECKPOINTS");
    connection.createStatement().execute("SELECT 1");
    connection.rollback();
    assertThat(hook.take()).containsExactly("NOTHING", "WRITES");
  }

  @Test
  void aFailedStatement_isToldToo_andItsErrorIsDuckDbs() throws SQLException {
    assertThatThrownBy(() -> connection.createStatement().execute("SELECT * FROM missing"))
        .isInstanceOf(SQLException.class);
    assertThat(hook.take()).containsExactly("READS");
    assertThatThrownBy(() -> connection.createStatement().execute("CHECKPOINT missing"))
        .isInstanceOf(SQLException.class);
    assertThat(hook.take()).containsExactly("before", "CHECKPOINTS");
    assertThatThrownBy(() -> connection.createStatement().execute(null))
        .isInstanceOf(SQLException.class)
        .hasMessageNotContaining("haduck");
  }

  @Test
  void aResult_isToldAtItsEndOnly() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT * FROM range(3)")) {
      hook.take();
      while (resultSet.next()) {
        assertThat(hook.take()).isEmpty();
      }
      assertThat(hook.take()).containsExactly("READS");
    }
    assertThat(hook.take()).containsExactly("READS", "READS");
  }

  @Test
  void aCheckpoint_isToldBeforeAndAfter_howeverItIsRun() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT");
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "await");
      statement.executeQuery("SELECT * FROM checkpoint()").close();
      assertThat(hook.take())
          .containsExactly("before", "CHECKPOINTS", "await", "CHECKPOINTS", "await");
      statement.addBatch("SELECT 1");
      statement.addBatch("CHECKPOINT");
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "await");
      statement.addBatch("CHECKPOINT");
      statement.clearBatch();
      statement.addBatch("SELECT 1");
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("NOTHING");
    }
    hook.take();
    try (PreparedStatement prepared = connection.prepareStatement("CHECKPOINT; SELECT 1")) {
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "await");
      prepared.executeQuery().close();
      assertThat(hook.take())
          .containsExactly("before", "CHECKPOINTS", "await", "CHECKPOINTS", "await");
    }
  }

  @Test
  void theWaitAfterACheckpoint_endsWithTheQueryTimeout_andIsNotCancelledInAdvance()
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.cancel();
      assertThat(hook.take()).containsExactly("wake");
      statement.execute("CHECKPOINT");
      assertThat(hook.cancelled).isFalse();
      assertThat(hook.limit).isEqualTo(Duration.ofSeconds(30));
      statement.setQueryTimeout(7);
      statement.execute("CHECKPOINT");
      assertThat(hook.limit).isBetween(Duration.ofSeconds(6), Duration.ofSeconds(7));
      statement.setQueryTimeout(70);
      statement.execute("CHECKPOINT");
      assertThat(hook.limit).isEqualTo(Duration.ofSeconds(30));
    }
  }

  /** Which calls wait where every commit does; what runs in between is forgotten. */
  private void assertWaits(ThrowingCallable call) {
    assertThat(waits(call)).isEqualTo(1);
  }

  private void assertNoWait(ThrowingCallable call) {
    assertThat(waits(call)).isZero();
  }

  private long waits(ThrowingCallable call) {
    hook.take();
    assertThatCode(call).doesNotThrowAnyException();
    return hook.take().stream().filter("await"::equals).count();
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void whereCommitsWait_everyCallThatMayHaveCommittedDoes_andReadsDoNot() throws SQLException {
    hook.commits = true;
    assertWaits(() -> run("CREATE TABLE t (a INTEGER)"));
    assertWaits(() -> run("CREATE SEQUENCE s"));
    assertWaits(() -> run("INSERT INTO t VALUES (1); SELECT 1"));
    assertNoWait(() -> run("BEGIN"));
    assertNoWait(() -> run("INSERT INTO t VALUES (2)"));
    run("COMMIT"); // whether that waits is for the files to tell: TransactionWaitsTest
    assertWaits(() -> run("WITH a AS (SELECT 1) INSERT INTO t FROM a"));
    assertNoWait(() -> run("SELECT * FROM t"));
    assertNoWait(() -> run("WITH a AS (SELECT 1) SELECT * FROM a"));
    assertNoWait(() -> run("EXPLAIN INSERT INTO t VALUES (1)"));
    assertNoWait(() -> assertThat(connection.isValid(1)).isTrue());
    assertNoWait(() -> connection.getMetaData().getTables(null, null, "%", null).close());
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO t VALUES (3)");
      statement.addBatch("INSERT INTO t VALUES (4)");
      assertWaits(statement::executeBatch);
      assertNoWait(statement::close);
    }
    assertWaits(() -> connection.prepareStatement("INSERT INTO t VALUES (5); SELECT 1").close());
    try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
      assertThat(hook.take()).doesNotContain("await");
      prepared.setInt(1, 6);
      assertWaits(prepared::execute);
      prepared.setInt(1, 7);
      prepared.addBatch();
      assertWaits(prepared::executeLargeBatch);
    }
  }

  @Test
  void whereCommitsWait_aTransactionWaitsOnce() throws SQLException {
    hook.commits = true;
    run("CREATE TABLE t (a INTEGER)");
    assertNoWait(() -> connection.setAutoCommit(false));
    assertNoWait(() -> run("INSERT INTO t VALUES (1)"));
    assertNoWait(() -> run("UPDATE t SET a = 2; DELETE FROM t"));
    assertWaits(connection::commit);
    assertNoWait(() -> run("INSERT INTO t VALUES (3)"));
    assertNoWait(connection::rollback);
    assertNoWait(() -> connection.setAutoCommit(true));
    assertNoWait(() -> connection.setAutoCommit(false));
    assertNoWait(() -> run("INSERT INTO t VALUES (4)"));
    assertWaits(() -> connection.setAutoCommit(true));
    assertNoWait(() -> connection.setAutoCommit(true));
  }

  /** The driver believes that its transaction goes on, and DuckDB commits each statement. */
  @Test
  void whereCommitsWait_aTransactionEndedByText_makesLaterStatementsWait_untilItIsCertainAgain()
      throws SQLException {
    hook.commits = true;
    run("CREATE TABLE t (a INTEGER)");
    connection.setAutoCommit(false);
    assertNoWait(() -> run("INSERT INTO t VALUES (1)"));
    run("COMMIT");
    assertWaits(() -> run("INSERT INTO t VALUES (2)"));
    assertThatThrownBy(connection::commit).hasMessageContaining("no transaction");
    assertWaits(() -> run("INSERT INTO t VALUES (3)"));
    run("BEGIN");
    assertWaits(connection::commit);
    assertNoWait(() -> run("INSERT INTO t VALUES (4)"));
    connection.unwrap(DuckDBConnection.class).commit();
    assertNoWait(() -> run("INSERT INTO t VALUES (5)"));
  }

  @Test
  void whereCommitsWait_aStreamedResultWaitsAtItsEnd_once() throws SQLException {
    hook.commits = true;
    run("SET jdbc_stream_results = true");
    run("CREATE SEQUENCE s");
    try (Statement statement = connection.createStatement()) {
      ResultSet resultSet = statement.executeQuery("SELECT nextval('s') FROM range(3)");
      assertNoWait(resultSet::next);
      assertNoWait(resultSet::next);
      assertNoWait(resultSet::next);
      assertWaits(() -> assertThat(resultSet.next()).isFalse());
      assertNoWait(resultSet::next);
      assertNoWait(resultSet::close);
      ResultSet left = statement.executeQuery("SELECT nextval('s') FROM range(3)");
      assertWaits(left::close);
      statement.executeQuery("SELECT nextval('s') FROM range(3)");
      assertWaits(statement::close);
    }
  }

  @Test
  void pendingReplication_ofABatch_carriesItsUpdateCounts_andUpdateCountsStayReadable()
      throws SQLException {
    hook.commits = true;
    run("CREATE TABLE t (a INTEGER)");
    hook.pending = true;
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO t VALUES (1), (2)");
      statement.addBatch("INSERT INTO t VALUES (3)");
      assertPending(statement::executeBatch, 2, 1);
      assertPending(() -> statement.executeUpdate("UPDATE t SET a = 0"));
      assertThat(statement.getUpdateCount()).isEqualTo(3);
      assertPending(() -> statement.executeQuery("DELETE FROM t RETURNING a"));
      try (ResultSet resultSet = statement.getResultSet()) {
        assertThat(resultSet.next()).isTrue();
        assertThat(resultSet.next()).isTrue();
        assertThat(resultSet.next()).isTrue();
        assertThat(resultSet.next()).isFalse();
      }
    }
    assertPending(() -> connection.prepareStatement("CREATE TABLE u (a INTEGER); SELECT 1"));
    try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO u VALUES (?)")) {
      prepared.setInt(1, 1);
      prepared.addBatch();
      assertPending(prepared::executeLargeBatch, 1);
      prepared.setInt(1, 2);
      assertPending(prepared::executeUpdate);
      assertThat(prepared.getUpdateCount()).isEqualTo(1);
    }
    connection.setAutoCommit(false);
    run("INSERT INTO u VALUES (3)");
    assertPending(connection::commit);
    run("INSERT INTO u VALUES (4)");
    assertPending(() -> connection.setAutoCommit(true));
    assertThat(connection.getAutoCommit()).isTrue();
  }

  private static void assertPending(ThrowingCallable call, long... updateCounts) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ReplicationPendingException.class,
            e ->
                assertThat(e.updateCounts())
                    .isEqualTo(updateCounts.length == 0 ? null : updateCounts));
  }

  @Test
  void pendingReplication_leavesStatementAndResultUsable() throws SQLException {
    hook.pending = true;
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("CHECKPOINT; SELECT 42"))
          .isInstanceOf(ReplicationPendingException.class)
          .satisfies(
              e -> {
                assertThat(e.getClass().getSuperclass()).isEqualTo(SQLException.class);
                assertThat(((SQLException) e).getSQLState()).isEqualTo("RP001");
              });
      assertThat(statement.isClosed()).isFalse();
      ResultSet resultSet = statement.getResultSet();
      assertThat(resultSet.next()).isTrue();
      assertThat(resultSet.getInt(1)).isEqualTo(42);
    }
  }

  @Test
  void onceFenced_everyStatementFails_andTheConnectionIsNotValid() throws SQLException {
    Statement statement = connection.createStatement();
    connection.setAutoCommit(false);
    assertThat(connection.isValid(1)).isTrue();
    hook.fenced = true;
    assertThat(connection.isValid(1)).isFalse();
    assertFenced(() -> statement.execute("SELECT 1"));
    assertFenced(() -> connection.prepareStatement("SELECT 1"));
    assertFenced(connection::commit);
    connection.rollback();
  }

  private static void assertFenced(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLNonTransientConnectionException.class)
        .hasMessage("another writer")
        .hasCauseInstanceOf(FencedException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08006"));
  }

  @Test
  void url_andProductName_areDuckDbs() throws SQLException {
    assertThat(connection.getMetaData().getURL()).isEqualTo("jdbc:duckdb:");
    assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("DuckDB");
  }
}
