package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Indexes that are in the write-ahead log only when they are restored. */
@Tag("compat")
class WalIndexesTest {
  @TempDir Path directory;

  @Test
  void restore_ofIndexesCreatedSinceTheCheckpoint_enforcesAndUsesThem() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "SET checkpoint_threshold = '1GB'",
          "CREATE TABLE t AS SELECT range AS a, 'row ' || range AS b FROM range(10000)");
      database.checkpoint();
      database.execute(
          "CREATE UNIQUE INDEX by_a ON t(a)",
          "CREATE INDEX by_b ON t(b)",
          "INSERT INTO t SELECT range, 'row ' || range FROM range(10000, 10100)",
          "DELETE FROM t WHERE a < 10",
          "UPDATE t SET b = 'changed' WHERE a = 50",
          "CREATE TABLE keyed(k BIGINT PRIMARY KEY, v VARCHAR UNIQUE)",
          // More than a row group: goes to the database file, and the log names its blocks.
          "INSERT INTO keyed SELECT range, 'v' || range FROM range(130000)",
          "CREATE INDEX dropped ON keyed(v)",
          "DROP INDEX dropped");
      database.awaitPosition();
      restoredHolds(database);
      database.restartDuckDb();
      database.execute("INSERT INTO t VALUES (20000, 'after')", "DELETE FROM t WHERE a = 20000");
      database.awaitPosition();
      restoredHolds(database);
    }
  }

  private void restoredHolds(ReplicatedDatabase database) throws Exception {
    Path file = directory.resolve("restored-" + System.nanoTime() + ".duckdb");
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      RestoreResult result = Restorer.create().restore(RestoreRequest.latest(store, file));
      assertThat(result.walBytes()).isPositive();
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      assertThat(ReplicatedDatabase.contentsOf(plain)).isEqualTo(database.contents());
      assertThat(number(plain, "SELECT count(*) FROM t WHERE a = 10050")).isEqualTo(1);
      assertThat(number(plain, "SELECT a FROM t WHERE b = 'changed'")).isEqualTo(50);
      assertThat(number(plain, "SELECT k FROM keyed WHERE v = 'v129999'")).isEqualTo(129_999);
      refused(plain, "INSERT INTO t VALUES (10050, 'twice')");
      refused(plain, "INSERT INTO keyed VALUES (129999, 'other')");
      refused(plain, "INSERT INTO keyed VALUES (-1, 'v5')");
    }
  }

  private static void refused(Connection connection, String sql) {
    assertThatThrownBy(
            () -> {
              try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
              }
            })
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("onstraint");
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
