package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.jdbc.internal.database.ReplayedIndexes;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlScanner;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("compat")
class SoonCheckpointTest {
  /** After a statement that nothing is known of, nothing comes within this time. */
  private static final Duration NOTHING = Duration.ofMillis(1500);

  @TempDir Path directory;
  private Path file;
  private String url;

  @BeforeEach
  void name() {
    file = directory.resolve("my.duckdb");
    url = "jdbc:haduck:" + file + ";haduck.replica=file:" + directory.resolve("replica");
  }

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private boolean walHoldsCommits() {
    return ReplayedIndexes.mayReplay(file);
  }

  private void awaitCheckpoint() {
    await().atMost(Duration.ofSeconds(60)).until(() -> !walHoldsCommits());
  }

  private void requireNoCheckpoint() {
    await().during(NOTHING).atMost(NOTHING.multipliedBy(4)).until(this::walHoldsCommits);
  }

  @Test
  void alter_ofAKindThatIsNotReplayed_isCheckpointedSoon() throws Exception {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER)");
      requireNoCheckpoint();
      statement.execute("ALTER TABLE t ALTER a TYPE TIMESTAMPTZ USING now()");
      awaitCheckpoint();
      statement.execute("CREATE SEQUENCE s");
      try (var prepared = connection.prepareStatement("ALTER SEQUENCE s OWNED BY t")) {
        prepared.execute();
      }
      awaitCheckpoint();
    }
  }

  @Test
  void alter_withinATransaction_isCheckpointedAfterIt() throws Exception {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER)");
      connection.setAutoCommit(false);
      statement.execute("ALTER TABLE t ALTER a TYPE BIGINT USING a + 1");
      requireNoCheckpoint();
      connection.commit();
      connection.setAutoCommit(true);
      awaitCheckpoint();
    }
  }

  @Test
  void alter_withoutTheSetting_isLeftToDuckDb() throws Exception {
    try (Connection connection =
            DriverManager.getConnection(url + ";haduck.replay_checkpoint=false");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER)");
      statement.execute("ALTER TABLE t ALTER a TYPE BIGINT USING a + 1");
      requireNoCheckpoint();
    }
  }

  @Test
  void alter_ofAnAttachedDatabase_isCheckpointedSoon() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + url.substring("jdbc:".length()) + "' AS \"my own\"");
      statement.execute("CREATE TABLE \"my own\".t(a INTEGER)");
      statement.execute("ALTER TABLE \"my own\".t ALTER a TYPE BIGINT USING a + 1");
      awaitCheckpoint();
      statement.execute("DETACH \"my own\"");
    }
  }

  /** DuckDB would refuse one of two checkpoints at a time: the user's must not be that one. */
  @Test
  void checkpoint_besideOurOwn_neverFails() throws Exception {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER)");
      for (int i = 0; i < 12; i++) {
        statement.execute(
            "ALTER TABLE t ALTER a TYPE " + (i % 2 == 0 ? "BIGINT" : "INTEGER") + " USING a + 0");
        statement.execute("INSERT INTO t(a) SELECT range FROM range(20000)");
        Thread.sleep(170 + 5L * i); // about when ours comes
        statement.execute("CHECKPOINT");
      }
    }
  }

  @Test
  void close_rightAfterAnAlter_closesTheFile() throws Exception {
    for (int i = 0; i < 5; i++) {
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t" + i + "(a INTEGER)");
        statement.execute("ALTER TABLE t" + i + " ALTER a TYPE BIGINT USING a + 1");
        Thread.sleep(40L * i); // some before, some while it is checkpointed
      }
      assertThat(DatabaseFiles.descriptorsInThisProcess(file).orElse(0)).isZero();
    }
  }

  @Test
  void read_ofSqlText_findsWhatIsNotReplayed() throws SQLException {
    assertThat(SqlScanner.read("ALTER TABLE t ADD b INT").risk()).isEqualTo(ReplayRisk.BEFORE_2);
    for (String sql :
        new String[] {
          "CREATE TYPE o.e AS ENUM ('a')",
          "CREATE OR REPLACE TYPE e AS INTEGER",
          "ALTER TABLE t ADD COLUMN b INT DEFAULT 1",
          "alter /* x */ table \"my t\" add b timestamp default now();",
          "SELECT 1; ALTER TABLE IF EXISTS a.b.t ADD COLUMN IF NOT EXISTS c INT DEFAULT 1",
          "ALTER TABLE t ALTER a TYPE o.e",
          "ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT USING a + 1",
          "ALTER SEQUENCE s OWNED BY t",
          "ALTER SEQUENCE IF EXISTS s OWNED BY t"
        }) {
      assertThat(SqlScanner.read(sql).risk()).as(sql).isNotEqualTo(ReplayRisk.NONE);
    }
    for (String sql :
        new String[] {
          "SELECT 'ALTER TABLE t ADD COLUMN b INT DEFAULT 1'",
          "INSERT INTO t VALUES ('ALTER SEQUENCE s OWNED BY t')",
          "CREATE TABLE t(a INT DEFAULT 1)",
          "CREATE TABLE type(type INT)",
          "CREATE INDEX type ON t(a)",
          "ALTER SEQUENCE s RENAME TO \"owned\"",
          "ALTER VIEW v RENAME TO \"table\"",
          "ALTER VIEW v RENAME TO w",
          "-- ALTER SEQUENCE s OWNED BY t\nSELECT 1"
        }) {
      assertThat(SqlScanner.read(sql).risk()).as(sql).isEqualTo(ReplayRisk.NONE);
    }
    for (String sql :
        new String[] {
          "ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT USING a + 1",
          "ALTER SEQUENCE s OWNED BY t"
        }) {
      assertThat(SqlScanner.read(sql).prepared().risk()).as(sql).isEqualTo(ReplayRisk.ALWAYS);
    }
  }
}
