package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Options and settings by which DuckDB stops writing what haduck reads, or writes it in another
 * way: each is refused with a replica, or what was committed is on it all the same. The table in
 * docs/reference/sql.md has them all.
 */
@Tag("compat")
final class UnloggedTest {
  @TempDir Path directory;
  private String replica;

  @BeforeEach
  void name() {
    replica = ";haduck.replica=file:" + directory.resolve("replica") + ";haduck.durability=commit";
  }

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private String url() {
    return "jdbc:haduck:" + directory.resolve("f.duckdb") + replica;
  }

  private String attach(String options) {
    return "ATTACH 'haduck:" + directory.resolve("f.duckdb") + replica + "' AS f " + options;
  }

  private static boolean succeeds(Connection connection, String sql) {
    try {
      run(connection, sql);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** What is on the replica at this moment, whatever closing would still send. */
  private List<Integer> replicated() throws Exception {
    Path restored = directory.resolve("restored.duckdb");
    try (ObjectStore store = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(store, restored).overwriting());
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + restored);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT i FROM t ORDER BY i")) {
      var found = new java.util.ArrayList<Integer>();
      while (rows.next()) {
        found.add(rows.getInt(1));
      }
      return found;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(RECOVERY_MODE no_wal_writes)",
        "(RECOVERY_MODE 'NO_WAL_WRITES')",
        "(\"recovery_mode\" \"no_wal_writes\")",
        "(READ_ONLY false, RECOVERY_MODE lower('NO_WAL_WRITES'))",
        "(HIDDEN)",
        "(HIDDEN true)",
        "(SOME_LATER_OPTION 1)"
      })
  void attachingInAWayThatIsNotSeen_isRefused(String options) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      assertThatThrownBy(() -> run(connection, attach(options)))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("cannot be replicated")
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo(SqlErrors.CANNOT_ATTACH);
      assertThat(directory).isEmptyDirectory();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"(RECOVERY_MODE no_wal_writes)", "(HIDDEN)"})
  void attachingSo_withoutAReplica_isDuckDbsMatter(String options) throws Exception {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:");
        Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      boolean known =
          succeeds(plain, "ATTACH '" + directory.resolve("g.duckdb") + "' AS g " + options);
      String local = "ATTACH 'haduck:" + directory.resolve("f.duckdb") + "' AS f " + options;
      assertThat(succeeds(connection, local)).isEqualTo(known);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(BLOCK_SIZE 16384)",
        "(STORAGE_VERSION 'v1.2.0')",
        "(STORAGE_VERSION 'latest')",
        "(ROW_GROUP_SIZE 4096)",
        "(DEFAULT_TABLE t)",
        "(VACUUM_REBUILD_INDEXES 1000)",
        "(HIDDEN false)",
      })
  void attachingInAnotherWay_isReplicated(String options) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      Assumptions.assumeTrue(
          succeeds(connection, attach(options)), "this DuckDB does not know " + options);
      run(connection, "CREATE TABLE f.t AS SELECT 1 AS i");
      run(connection, "INSERT INTO f.t VALUES (2)");
      assertThat(replicated()).containsExactly(1, 2);
      run(connection, "CHECKPOINT f");
      run(connection, "INSERT INTO f.t VALUES (3)");
      assertThat(replicated()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void aMainDatabase_thatIsDetachedAndAttachedPlainly_keepsItsLog() throws Exception {
    Path file = directory.resolve("f.duckdb");
    try (Connection connection = DriverManager.getConnection(url())) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      run(connection, "ATTACH ':memory:' AS other; USE other; DETACH f");
      for (String way : List.of(" AS f", " AS \"f\"", "")) {
        assertThatThrownBy(
                () ->
                    run(
                        connection,
                        "ATTACH '" + file + "'" + way + " (RECOVERY_MODE no_wal_writes)"))
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("is replicated");
      }
      run(connection, "ATTACH '" + file + "' AS f; INSERT INTO f.t VALUES (2)");
      Haduck.sync(connection);
      assertThat(replicated()).containsExactly(1, 2);
    }
  }

  @Test
  void anotherFile_isAttachedPlainly_howeverItsUserWants() throws Exception {
    try (Connection connection = DriverManager.getConnection(url());
        Connection plain = DriverManager.getConnection("jdbc:duckdb:")) {
      String options = " (RECOVERY_MODE no_wal_writes)";
      boolean known =
          succeeds(plain, "ATTACH '" + directory.resolve("g.duckdb") + "' AS g" + options);
      assertThat(
              succeeds(connection, "ATTACH '" + directory.resolve("h.duckdb") + "' AS h" + options))
          .isEqualTo(known);
    }
  }

  @Test
  void anInstance_thatGoesOnAfterAFatalError_isRefused() throws Exception {
    String option = ";disable_database_invalidation=true";
    assertThatThrownBy(() -> DriverManager.getConnection(url() + option).close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("disable_database_invalidation");
    try (Connection memory = DriverManager.getConnection("jdbc:haduck:" + option)) {
      assertThatThrownBy(() -> run(memory, attach("")))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("disable_database_invalidation");
    }
    assertThatCode(() -> DriverManager.getConnection(url()).close()).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET debug_skip_checkpoint_on_commit=true",
        "PRAGMA disable_checkpoint_on_shutdown",
        "SET checkpoint_on_detach='disabled'",
        "SET immediate_transaction_mode=true",
        "SET default_block_size=16384",
        "SET checkpoint_threshold='1KB'",
        "SET checkpoint_threshold='100GB'",
        "SET wal_autocheckpoint_entries=1",
        "SET auto_checkpoint_skip_wal_threshold=0",
        "SET force_compression='uncompressed'",
        "SET storage_compatibility_version='latest'",
        "SET debug_checkpoint_sleep_ms=20",
        "SET force_column_metadata_reuse=true",
        "SET vacuum_rebuild_indexes=1000",
        "SET debug_force_commit_failure=true",
      })
  void aSetting_changesNothingOfWhatIsCommitted(String setting) throws Exception {
    try (Connection connection = DriverManager.getConnection(url())) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      Assumptions.assumeTrue(succeeds(connection, setting), "this DuckDB does not know it");
      boolean second = succeeds(connection, "INSERT INTO t VALUES (2)");
      boolean third = succeeds(connection, "INSERT INTO t SELECT 3 FROM range(1)");
      assertThat(replicated())
          .isEqualTo(second && third ? List.of(1, 2, 3) : List.of(1)); // what failed is not there
      succeeds(connection, "CHECKPOINT");
      assertThat(replicated()).hasSize(second ? 3 : 1);
    }
    assertThat(replicated()).startsWith(1);
  }

  @Test
  void whatIsTemporary_isNotReplicated_andCopiesOfDatabasesAre() throws Exception {
    try (Connection connection = DriverManager.getConnection(url())) {
      run(connection, "CREATE TEMP TABLE gone AS SELECT 1 AS i");
      run(connection, "ATTACH ':memory:' AS other; CREATE TABLE other.t AS SELECT 7 AS i");
      run(connection, "COPY FROM DATABASE other TO f");
      assertThat(replicated()).containsExactly(7);
    }
  }

  @Test
  void initialSql_ofADriver_isReplicated() throws Exception {
    Path sql = directory.resolve("init.sql");
    java.nio.file.Files.writeString(sql, "CREATE TABLE IF NOT EXISTS t AS SELECT 5 AS i;");
    String url =
        "jdbc:haduck:" + directory.resolve("f.duckdb") + ";session_init_sql_file=" + sql + replica;
    try (Connection connection = DriverManager.getConnection(url)) {
      assertThat(connection.unwrap(DuckDBConnection.class).isClosed()).isFalse();
      assertThat(replicated()).containsExactly(5);
    }
  }
}
