package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HaduckConnectionTest {
  /** Writes down what it is told, in order. */
  private static final class Recorder implements DatabaseHook {
    final List<String> told = new ArrayList<>();
    boolean pending;

    @Override
    public void afterCall() {
      told.add("call");
    }

    @Override
    public void beforeCheckpoint() {
      told.add("before");
    }

    @Override
    public void afterCheckpoint() throws SQLException {
      told.add("after");
      if (pending) {
        throw new ReplicationPendingException("not yet", null);
      }
    }

    @Override
    public void close(HaduckConnection connection) throws SQLException {
      told.add("close");
      connection.delegate().close();
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
      assertThat(hook.take()).containsExactly("call");
      statement.executeUpdate("INSERT INTO t VALUES (1)");
      assertThat(hook.take()).containsExactly("call");
      statement.executeLargeUpdate("INSERT INTO t VALUES (2)", Statement.NO_GENERATED_KEYS);
      assertThat(hook.take()).containsExactly("call");
      statement.addBatch("INSERT INTO t VALUES (3)");
      assertThat(hook.take()).isEmpty();
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("call");
    }
    assertThat(hook.take()).containsExactly("call");
    try (PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
      assertThat(hook.take()).containsExactly("call");
      prepared.setInt(1, 4);
      assertThat(hook.take()).isEmpty();
      prepared.execute();
      assertThat(hook.take()).containsExactly("call");
      prepared.setInt(1, 5);
      prepared.addBatch();
      prepared.executeLargeBatch();
      assertThat(hook.take()).containsExactly("call");
    }
    hook.take();
    connection.setAutoCommit(false);
    connection.createStatement().execute("INSERT INTO t VALUES (6)");
    connection.commit();
    assertThat(hook.take()).containsExactly("call", "call", "call");
    connection.rollback();
    assertThat(hook.take()).containsExactly("call");
  }

  @Test
  void aFailedStatement_isToldToo_andItsErrorIsDuckDbs() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("SELECT * FROM missing"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("missing");
      assertThat(hook.take()).containsExactly("call");
      assertThatThrownBy(() -> connection.createStatement().execute("CHECKPOINT missing"))
          .isInstanceOf(SQLException.class);
      assertThat(hook.take()).containsExactly("before", "call");
      assertThatThrownBy(() -> connection.createStatement().execute(null))
          .isInstanceOf(Exception.class);
    }
  }

  @Test
  void aResult_isToldAtItsEndOnly() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT * FROM range(3)")) {
      hook.take();
      while (resultSet.next()) {
        assertThat(hook.take()).isEmpty();
      }
      assertThat(hook.take()).containsExactly("call");
    }
    assertThat(hook.take()).containsExactly("call", "call");
  }

  @Test
  void aCheckpoint_isToldBeforeAndAfter_howeverItIsRun() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT");
      assertThat(hook.take()).containsExactly("before", "call", "after");
      statement.executeQuery("SELECT * FROM checkpoint()").close();
      assertThat(hook.take()).containsExactly("before", "call", "after", "call");
      statement.addBatch("SELECT 1");
      statement.addBatch("CHECKPOINT");
      statement.clearBatch();
      statement.addBatch("SELECT 1");
      statement.executeBatch();
      assertThat(hook.take()).containsExactly("call");
    }
    hook.take();
    try (PreparedStatement prepared = connection.prepareStatement("CHECKPOINT; SELECT 1")) {
      assertThat(hook.take()).containsExactly("before", "call");
      prepared.executeQuery().close();
      assertThat(hook.take()).containsExactly("before", "call", "after", "call");
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
  void url_andProductName_areDuckDbs() throws SQLException {
    assertThat(connection.getMetaData().getURL()).isEqualTo("jdbc:duckdb:");
    assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("DuckDB");
  }
}
