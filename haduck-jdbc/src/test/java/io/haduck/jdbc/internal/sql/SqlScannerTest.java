package io.haduck.jdbc.internal.sql;

import static io.haduck.jdbc.internal.sql.SqlKind.CHANGES;
import static io.haduck.jdbc.internal.sql.SqlKind.CHECKPOINTS;
import static io.haduck.jdbc.internal.sql.SqlKind.NOTHING;
import static io.haduck.jdbc.internal.sql.SqlKind.READS;
import static io.haduck.jdbc.internal.sql.SqlKind.WRITES;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqlScannerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "  select * from t where a = 'checkpoint()'",
        "FROM t",
        "VALUES (1), (2)",
        "TABLE t",
        "SHOW TABLES",
        "DESCRIBE t",
        "DESC t",
        "SUMMARIZE t",
        "EXPLAIN SELECT 1",
        "EXPLAIN (FORMAT JSON) INSERT INTO t VALUES (1)",
        "(SELECT 1)",
        "((FROM t))",
        "/* a; CHECKPOINT */ SELECT 1",
        "/* a /* nested; */ CHECKPOINT; */ SELECT 1",
        "-- CHECKPOINT\nSELECT 1 -- ; CHECKPOINT",
        "-- CHECKPOINT\rSELECT 1",
        "SELECT 'it''s; CHECKPOINT'",
        "SELECT 'a\\' || '; CHECKPOINT'",
        "SELECT E'a\\'; CHECKPOINT' || e'\\\\'",
        "SELECT nameE'a\\'",
        "SELECT \"a\"\"; CHECKPOINT\" FROM t",
        "SELECT $$it's; CHECKPOINT$$",
        "SELECT $tag$ $other$ $$ ; CHECKPOINT $tag$",
        "SELECT $é$;CHECKPOINT$é$",
        "SELECT $1, $name, ?2",
        "SELECT a$b$ FROM t; SELECT c$b$",
        "SELECT 1; FROM t;",
        ";;SELECT 1;;",
        "\uFEFFSELECT\u00A01",
        "\u2003SELECT 1",
        "SELECT\u000B1",
        "SELECT 1 /*/ ; CHECKPOINT */",
        "SELECT 'unterminated; CHECKPOINT",
        "SELECT /* unterminated; CHECKPOINT",
        "SELECT $$ unterminated; CHECKPOINT",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "WITH RECURSIVE a(n) AS (SELECT 1), b AS MATERIALIZED (FROM a) FROM b",
        "with a as (select 'INSERT; DELETE' as \"update\") select * from a",
      })
  void scan_ofWhatOnlyReads_isReads(String sql) {
    assertThat(SqlScanner.scan(sql).onlyReads()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "select ?, 'a' as \"name\", NULL as nothing; VALUES (1, true), (2, false)",
        "SHOW TABLES",
        "DESCRIBE t",
        "EXPLAIN SELECT f(a) FROM v"
      })
  void scan_ofWhatNamesNothing_orIsNotRun_isNothing(String sql) {
    assertThat(SqlScanner.scan(sql)).isEqualTo(NOTHING);
  }

  /** A view, a macro or a function may draw sequence values. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT f()",
        "SELECT (f)()",
        "SELECT \"f\"()",
        "SELECT current_date",
        "SELECT 1 + 1",
        "SELECT 1 AS a FROM v",
        "TABLE v",
        "FROM v",
        "SUMMARIZE v",
        "SELECT 1; FROM v",
        "FROM v; SELECT 1",
        "SELECT DATE '2026-01-01'",
        "SELECT setval('s', 3)"
      })
  void scan_ofWhatNamesAnything_isReads(String sql) {
    assertThat(SqlScanner.scan(sql)).isEqualTo(READS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO t VALUES (1)",
        "insert or replace into t from u returning *",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "MERGE INTO t USING u ON a = b WHEN MATCHED THEN DELETE",
        "TRUNCATE t",
        "CREATE TABLE t (a INTEGER)",
        "DROP TABLE t",
        "ALTER TABLE t ADD COLUMN b INTEGER",
        "COPY t FROM 'file.csv'",
        "WITH a AS (SELECT 1) INSERT INTO t FROM a",
        "with a as (select 1) delete from t using a",
        "WITH a AS (UPDATE t SET b = 1 RETURNING b) SELECT * FROM a",
        "SELECT 1; DELETE FROM t",
        "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)",
        "SELECT nextval('s')",
        "SELECT \"nextval\"('s')",
        "SELECT NextVal /* ! */ ('s')",
        "WITH a AS (SELECT nextval('s')) FROM a",
      })
  void scan_ofWhatCannotEndATransaction_isChanges(String sql) {
    assertThat(SqlScanner.scan(sql)).isEqualTo(CHANGES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ; ",
        "-- nothing",
        "BEGIN",
        "COMMIT",
        "INSERT INTO t VALUES (1); COMMIT",
        "ROLLBACK",
        "SET x = 1; INSERT INTO t VALUES (1)",
        "IMPORT DATABASE 'd'",
        "CALL f()",
        "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
        "EXPLAIN (ANALYZE) SELECT 1",
        "explain (format json, analyze) select 1",
        "SELECT checkpoint FROM t",
        "CREATE TABLE t (checkpoint INTEGER)",
        "SET checkpoint_threshold = '1GB'",
        "EXECUTE q",
        "FORCE x CHECKPOINT",
        "123",
        "'SELECT'",
        "\"SELECT\"",
        "SELECTED",
      })
  void scan_ofAnythingElse_isWrites(String sql) {
    assertThat(SqlScanner.scan(sql)).isEqualTo(WRITES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CHECKPOINT",
        "checkpoint;",
        "CHECKPOINT my_database",
        "/**/checkpoint/**/",
        "FORCE CHECKPOINT",
        "force /* now */ checkpoint db",
        "SELECT 1; CHECKPOINT",
        "CHECKPOINT; SELECT 1",
        "SELECT * FROM checkpoint()",
        "FROM force_checkpoint('db')",
        "FROM main.\"checkpoint\" ()",
        "CALL checkpoint()",
        "CALL \"force_checkpoint\"('db')",
        "PRAGMA force_checkpoint",
        "EXPLAIN ANALYZE CHECKPOINT",
        "EXPLAIN (FORMAT JSON, ANALYZE) FORCE CHECKPOINT",
        "SELECT 'a\\'; CHECKPOINT",
        "SELECT $a$;$b$;$a$; CHECKPOINT",
        "SELECT a$$; CHECKPOINT",
        "SELECT $1; CHECKPOINT",
        "SELECT 1 - -1; CHECKPOINT",
        "INSERT INTO t SELECT * FROM checkpoint()",
      })
  void scan_ofACheckpoint_isCheckpoints(String sql) {
    assertThat(SqlScanner.scan(sql)).isEqualTo(CHECKPOINTS);
  }

  @Test
  void read_tellsWhatRunsWhileDuckDbPrepares() {
    assertThat(SqlScanner.read("INSERT INTO t VALUES (?)").mayRunWhilePreparing()).isFalse();
    assertThat(SqlScanner.read("INSERT INTO t VALUES (1);;").mayRunWhilePreparing()).isFalse();
    assertThat(SqlScanner.read("CHECKPOINT").mayRunWhilePreparing()).isFalse();
    assertThat(SqlScanner.read("SELECT 1; SELECT ?").mayRunWhilePreparing()).isFalse();
    assertThat(SqlScanner.read("INSERT INTO t VALUES (1); SELECT 1").mayRunWhilePreparing())
        .isTrue();
    assertThat(SqlScanner.read("CHECKPOINT; SELECT 1").mayRunWhilePreparing()).isTrue();
    assertThat(SqlScanner.read("IMPORT DATABASE 'd'").mayRunWhilePreparing()).isTrue();
  }

  /** Two statements, or one that swallows the second in a literal or comment: DuckDB decides. */
  @Test
  void scan_ofRandomText_endsLiteralsAndCommentsWhereDuckDbDoes() throws SQLException {
    var random = new Random(42);
    String[] openings = {"'", "E'", "$$", "$a$", "/*", "\"a\", '", "--", "a$"};
    String[] pieces = {"'", "''", "\"", "\\", "$$", "$a$", "--", "/*", "*/", ";", "\n", "E'", "x"};
    int accepted = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      for (int i = 0; i < 5_000; i++) {
        var text = new StringBuilder("SELECT 1 AS a, ");
        text.append(openings[random.nextInt(openings.length)]);
        for (int n = random.nextInt(6); n >= 0; n--) {
          text.append(pieces[random.nextInt(pieces.length)]);
        }
        Boolean two = lastColumnIsB(connection, text + "; SELECT 2 AS b");
        if (two != null) {
          accepted++;
          boolean found = SqlScanner.scan(text + "; CHECKPOINT") == CHECKPOINTS;
          assertThat(found).as(text.toString()).isEqualTo(two);
        }
      }
    }
    assertThat(accepted).isGreaterThan(200);
  }

  /** Of the last statement's result; null if DuckDB refuses the text. */
  private static Boolean lastColumnIsB(Connection connection, String sql) {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery(sql)) {
      ResultSetMetaData metaData = resultSet.getMetaData();
      return metaData.getColumnName(metaData.getColumnCount()).equals("b");
    } catch (SQLException e) {
      return null;
    }
  }
}
