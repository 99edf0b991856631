package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code Haduck.checkpoint} within one's own transaction. With an hour to try, whoever would try
 * again hangs.
 */
@Tag("compat")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class CheckpointInsideTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Connection connect(boolean replicated) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + directory.resolve("a.duckdb")
            + (replicated
                ? ";haduck.sync_timeout=3600s;haduck.replica=file:" + directory.resolve("replica")
                : ""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void checkpoint_insideATransactionThatHasWritten_saysSoAtOnce_andItCanBeCommitted(
      boolean replicated) throws Exception {
    try (Connection connection = connect(replicated)) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
      connection.setAutoCommit(false);
      for (String write :
          new String[] {
            "INSERT INTO t VALUES (11)",
            "UPDATE t SET i = i + 1",
            "DELETE FROM t WHERE i = 3",
            "CREATE TABLE u (i INTEGER)",
            "ALTER TABLE t ADD COLUMN j INTEGER"
          }) {
        run(connection, write);
        assertThatThrownBy(() -> Haduck.checkpoint(connection))
            .as(write)
            .hasMessageContaining("Commit it or roll it back first")
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("25001"));
        connection.commit();
      }
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
      run(connection, "UPDATE t SET i = i + 1");
      assertThatThrownBy(() -> Haduck.checkpoint(connection))
          .isInstanceOf(SQLException.class)
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("25001"));
      connection.rollback();
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
      assertThat(count(connection, "t")).isEqualTo(10);
    }
  }

  /** What only reads, or has ended, is in nobody's way. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void checkpoint_insideATransactionThatOnlyReads_orAfterOne_succeeds(boolean replicated)
      throws Exception {
    try (Connection connection = connect(replicated)) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
      Haduck.checkpoint(connection);
      run(connection, "INSERT INTO t VALUES (1)");
      connection.setAutoCommit(false);
      assertThat(count(connection, "t")).isEqualTo(11);
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
      connection.commit();
      connection.setAutoCommit(true);
      run(connection, "BEGIN");
      run(connection, "UPDATE t SET i = 2 WHERE i = 1");
      run(connection, "COMMIT");
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
    }
  }

  /** {@code BEGIN} as text: a CHECKPOINT of the user's own aborts it, and ours does not. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void checkpoint_insideATransactionOfText_failsAtOnce_andLeavesIt(boolean replicated)
      throws Exception {
    try (Connection connection = connect(replicated)) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
      run(connection, "BEGIN");
      run(connection, "UPDATE t SET i = 2 WHERE i = 1");
      assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("transaction local changes");
      run(connection, "ROLLBACK");
      run(connection, "BEGIN");
      run(connection, "UPDATE t SET i = 2 WHERE i = 1");
      assertThatThrownBy(() -> Haduck.checkpoint(connection))
          .isInstanceOf(SQLException.class)
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("25001"));
      run(connection, "INSERT INTO t VALUES (11)");
      run(connection, "COMMIT");
      assertThat(count(connection, "t")).isEqualTo(11);
    }
  }
}
