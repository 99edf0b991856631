package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.FencedException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HaduckConnectionTest {
  /** Writes down what it is told, in order. */
  private static final class Recorder implements DatabaseHook {
    final List<String> told = new ArrayList<>();
    boolean pending;
    boolean fenced;
    Duration limit = Duration.ZERO;
    boolean cancelled;

    @Override
    public void beforeCall() throws SQLException {
      if (fenced) {
        throw SqlErrors.fenced(new FencedException("another writer"));
      }
    }

    @Override
    public void afterCall(SqlKind likely) {
      told.add(likely.toString());
    }

    @Override
    public void beforeCheckpoint() {
      told.add("before");
    }

    @Override
    public void afterCheckpoint(StatementWait wait) throws SQLException {
      told.add("after");
      limit = wait.atMost(Duration.ofSeconds(30));
      cancelled = wait.cancelled();
      if (pending) {
        throw new ReplicationPendingException("not yet", null);
      }
    }

    @Override
    public void wakeWaiters() {
      told.add("wake");
    }

    @Override
    public void close(HaduckConnection connection) throws SQLException {
      connection.delegate().close();
    }

    @Override
    public boolean usable() {
      return !fenced;
    }

    @Override
    public Path path() {
      return Path.of("memory");
    }

    @Override
    public Optional<Replication> replication() {
      return Optional.empty();
    }

    @Override
    public int connectionCount() {
      return 1;
    }

    List<String> take() {
      var taken = List.copyOf(told);
      told.clear();
      return taken;
    }
  }

  private final Recorder hook = new Recorder();
  private Connection connection;

  @BeforeEach
  void connect() throws SQLException {
    connection = new HaduckConnection(DriverManager.getConnection("jdbc:duckdb:"), hook);
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
      assertThat(hook.take()).containsExactly("WRITES", "WRITES", "WRITES");
      statement.addBatch("SELECT 1");
      statement.addBatch("INSERT INTO t VALUES (3)");
      assertThat(hook.take()).isEmpty();
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("WRITES");
    }
    assertThat(hook.take()).containsExactly("WRITES");
    try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
      assertThat(hook.take()).containsExactly("WRITES");
      prepared.setInt(1, 4);
      assertThat(hook.take()).isEmpty();
      prepared.execute();
      assertThat(hook.take()).containsExactly("WRITES");
      prepared.setInt(1, 5);
      prepared.addBatch();
      prepared.executeLargeBatch();
      assertThat(hook.take()).containsExactly("WRITES");
    }
    hook.take();
    connection.setAutoCommit(false);
    connection.createStatement().execute("INSERT INTO t VALUES (6)");
    assertThat(hook.take()).containsExactly("WRITES", "WRITES");
    connection.commit();
    assertThat(hook.take()).containsExactly("CHECKPOINTS");
    connection.createStatement().execute("SELECT 1");
    connection.rollback();
    assertThat(hook.take()).containsExactly("READS", "WRITES");
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
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "after");
      statement.executeQuery("SELECT * FROM checkpoint()").close();
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "after", "CHECKPOINTS");
      statement.addBatch("SELECT 1");
      statement.addBatch("CHECKPOINT");
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "after");
      statement.addBatch("CHECKPOINT");
      statement.clearBatch();
      statement.addBatch("SELECT 1");
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("READS");
    }
    hook.take();
    try (PreparedStatement prepared = connection.prepareStatement("CHECKPOINT; SELECT 1")) {
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS");
      prepared.executeQuery().close();
      assertThat(hook.take()).containsExactly("before", "CHECKPOINTS", "after", "CHECKPOINTS");
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
      assertThat(hook.limit).isEqualTo(Duration.ofSeconds(7));
      statement.setQueryTimeout(70);
      statement.execute("CHECKPOINT");
      assertThat(hook.limit).isEqualTo(Duration.ofSeconds(30));
    }
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
