package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.haduck.core.replica.ReplicatorStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The write-ahead log of a database with a replica stays short, if the user does not say else. */
@Tag("compat")
final class WalLimitTest {
  private static final String ENTRIES = "wal_autocheckpoint_entries";

  @TempDir Path directory;
  private String url;

  @BeforeEach
  void name() {
    url =
        "jdbc:haduck:"
            + directory.resolve("my.duckdb")
            + ";haduck.replica=file:"
            + directory.resolve("replica");
  }

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private static void commit(Connection connection, int commits) throws SQLException {
    for (int i = 0; i < commits; i++) {
      run(connection, "INSERT INTO t VALUES (" + i + ")");
    }
  }

  private static long checkpoints(Connection connection) throws SQLException {
    return Haduck.statuses(connection)
        .get(0)
        .replication()
        .map(ReplicatorStatus::localIteration)
        .orElseThrow();
  }

  private static boolean counts(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM duckdb_settings() WHERE name = '" + ENTRIES + "'")) {
      rows.next();
      return rows.getInt(1) > 0;
    }
  }

  private static String entries(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT current_setting('" + ENTRIES + "')::VARCHAR")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void assertCheckpointed(Connection connection) throws SQLException {
    run(connection, "CREATE TABLE t (a INTEGER)");
    long before = checkpoints(connection);
    commit(connection, 60);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> checkpoints(connection), now -> now > before);
  }

  @Test
  void commits_ofThatNumber_areCheckpointed() throws Exception {
    try (Connection connection = DriverManager.getConnection(url + ";haduck.wal_commits=20")) {
      assertCheckpointed(connection);
    }
  }

  @Test
  void commits_underALockedConfiguration_areCheckpointedToo() throws Exception {
    try (Connection connection =
        DriverManager.getConnection(url + ";haduck.wal_commits=20;lock_configuration=true")) {
      assertCheckpointed(connection);
    }
  }

  @Test
  void commits_toAnAttachedDatabase_areCheckpointed() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      run(
          connection,
          "ATTACH '" + url.substring("jdbc:".length()) + ";haduck.wal_commits=20' AS my");
      run(connection, "USE my");
      assertCheckpointed(connection);
    }
  }

  @Test
  void commits_withoutALimit_areLeftToDuckDb() throws Exception {
    try (Connection connection = DriverManager.getConnection(url + ";haduck.wal_commits=0")) {
      assumeTrue(counts(connection));
      assertThat(entries(connection)).isEqualTo("0");
    }
  }

  @Test
  void whatTheUserHasSet_stays() throws Exception {
    try (Connection memory = DriverManager.getConnection("jdbc:duckdb:")) {
      assumeTrue(counts(memory));
    }
    try (Connection connection = DriverManager.getConnection(url + ";" + ENTRIES + "=77")) {
      assertThat(entries(connection)).isEqualTo("77");
    }
  }

  @Test
  void localOnly_setsNothing() throws Exception {
    try (Connection connection =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("local.duckdb"))) {
      assumeTrue(counts(connection));
      assertThat(entries(connection)).isEqualTo("0");
    }
  }
}
