package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.jdbc.internal.database.DuckDbVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What plain DuckDB does wrong with its own write-ahead log, by its lines:
 * docs/reference/duckdb.md. Each fails on a DuckDB that has mended it, so that its row can go, and
 * what haduck does about it.
 */
@Tag("compat")
class KnownDefectsTest {
  private static final String WITHOUT_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("shop.duckdb");
  }

  /** Whether this DuckDB is of one of these lines, such as {@code 1.4}. */
  private static boolean isOf(String... lines) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      DuckDbVersion version = DuckDbVersion.of(connection);
      return List.of(lines).contains(version.major() + "." + version.minor());
    }
  }

  private void run(String... statements) throws SQLException {
    Sql.run("jdbc:duckdb:" + file, statements);
  }

  /** Commits them to the write-ahead log, and leaves it. */
  private void log(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      Sql.run(connection, WITHOUT_CHECKPOINT);
      Sql.run(connection, statements);
    }
    assertThat(Path.of(file + ".wal")).exists();
  }

  private String query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return query(connection, sql);
    }
  }

  private static String query(Connection connection, String sql) throws SQLException {
    return String.valueOf(text(connection, sql));
  }

  /** Of a copy, so that nothing is changed by it. */
  private boolean opens(String how) throws Exception {
    Path copy = Files.createTempDirectory(directory, "copy").resolve("shop.duckdb");
    Files.copy(file, copy);
    Files.copy(Path.of(file + ".wal"), Path.of(copy + ".wal"));
    String url = how.isEmpty() ? "jdbc:duckdb:" : "jdbc:duckdb:" + copy + how;
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      if (how.isEmpty()) {
        statement.execute("ATTACH '" + copy + "' AS shop");
      }
      return true;
    } catch (SQLException e) {
      assertThat(e.getMessage()).contains("WAL");
      return false;
    }
  }

  private static final String AS_MAIN = ";threads=2";
  private static final String ATTACHED = "";

  private void makeTableWithIndexAndLog() throws SQLException {
    run(
        "CREATE TABLE other(a VARCHAR)",
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)");
    log("INSERT INTO t SELECT 77777777, i FROM range(30) r(i)");
  }

  private boolean indexMissesRows() throws SQLException {
    assertThat(query("SELECT count(*) FILTER (WHERE k = 77777777) FROM t")).isEqualTo("30");
    return query("SELECT count(*) FROM t WHERE k = 77777777").equals("0");
  }

  @Test
  void close_afterAReplay_losesRowsFromIndexes() throws Exception {
    makeTableWithIndexAndLog();
    run("SELECT 1");
    assertThat(indexMissesRows()).isEqualTo(isOf("1.4", "1.5"));
  }

  @Test
  void automaticCheckpoint_afterAReplay_losesRowsFromIndexes() throws Exception {
    makeTableWithIndexAndLog();
    run(
        "SET checkpoint_threshold = '1KB'",
        "INSERT INTO other SELECT md5(i::VARCHAR) FROM range(1000) r(i)",
        WITHOUT_CHECKPOINT);
    assertThat(indexMissesRows()).isEqualTo(isOf("1.4", "1.5", "2.0"));
  }

  @Test
  void addColumn_withACalledDefault_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a INT)", "INSERT INTO t VALUES (1)");
    log("ALTER TABLE t ADD COLUMN b TIMESTAMPTZ DEFAULT now()");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isTrue();
  }

  @Test
  void setDefault_ofACall_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a INT)");
    log("ALTER TABLE t ALTER a SET DEFAULT (1 + 2)");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isTrue();
  }

  @Test
  void renameColumn_ofATableWithAGeneratedOne_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a INT, g INT AS (a + 1))");
    log("ALTER TABLE t RENAME a TO b");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isTrue();
  }

  @Test
  void addColumn_toAStruct_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a STRUCT(x INT))");
    log("ALTER TABLE t ADD COLUMN a.y INT");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isTrue();
  }

  @Test
  void alterType_toAnEnumOfAnotherSchema_isNotReplayed() throws Exception {
    run("CREATE SCHEMA o", "CREATE TYPE o.e AS ENUM ('x')", "CREATE TABLE t(a VARCHAR)");
    log("ALTER TABLE t ALTER a TYPE o.e");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isEqualTo(!isOf("1.4", "1.5"));
  }

  @Test
  void alterType_usingACall_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a INT)", "INSERT INTO t VALUES (1)");
    log("ALTER TABLE t ALTER a TYPE TIMESTAMPTZ USING now()");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5", "2.0"));
    assertThat(opens(ATTACHED)).isTrue();
  }

  @Test
  void createType_inANewSchema_isNotReplayed() throws Exception {
    run("CREATE TABLE t(a INT)");
    log("CREATE SCHEMA o", "CREATE TYPE o.e AS ENUM ('x')");
    assertThat(opens(AS_MAIN)).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(ATTACHED)).isEqualTo(!isOf("1.4", "1.5"));
  }

  @Test
  void createIndex_isNotReplayedForReading() throws Exception {
    run("CREATE TABLE t(a INT)", "INSERT INTO t VALUES (1)");
    log("CREATE INDEX i ON t(a)");
    assertThat(opens(";access_mode=READ_ONLY")).isEqualTo(!isOf("1.4", "1.5"));
    assertThat(opens(AS_MAIN)).isTrue();
  }

  /** A replay computes them anew. */
  @Test
  void addColumn_withACalledDefaultReplayedAttached_hasOtherValues() throws Exception {
    run("CREATE SEQUENCE s", "CREATE TABLE t(a INT)", "INSERT INTO t VALUES (1)");
    log("ALTER TABLE t ADD COLUMN b BIGINT DEFAULT nextval('s')");
    assertThat(attached("SELECT b FROM shop.main.t").equals("1")).isEqualTo(!isOf("1.4"));
  }

  @Test
  void alterType_usingACallReplayedAttached_hasOtherValues() throws Exception {
    run("CREATE TABLE t(a INT)", "INSERT INTO t VALUES (1)");
    String before;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(WITHOUT_CHECKPOINT);
      statement.execute("ALTER TABLE t ALTER a TYPE DOUBLE USING random()");
      before = query(connection, "SELECT a FROM t");
    }
    assertThat(attached("SELECT a FROM shop.main.t").equals(before))
        .isEqualTo(!isOf("1.4", "1.5", "2.0"));
  }

  private String attached(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + file + "' AS shop");
      return query(connection, sql);
    }
  }

  @Test
  void sequenceOwnedBy_isNotInTheLog() throws Exception {
    run("CREATE SEQUENCE s", "CREATE TABLE t(a INT)", "CHECKPOINT");
    log("ALTER SEQUENCE s OWNED BY t", "INSERT INTO t VALUES (1)");
    run("DROP TABLE t");
    String left = query("SELECT count(*) FROM duckdb_sequences() WHERE sequence_name = 's'");
    assertThat(left.equals("0")).isEqualTo(!isOf("1.4", "1.5", "2.0"));
  }
}
