package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.duckdb.OtherProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database that is opened by a symbolic link has the link's name in SQL, as with plain DuckDB. */
@Tag("compat")
final class LinkNameTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** DuckDB 1.4 cannot rename a database. */
  private static boolean renames() {
    return !DuckDBDriver.class.getPackage().getImplementationVersion().startsWith("1.4");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lnk.db", "two.dots.db", "a b.db", "temp.db", "noending"})
  void catalog_isThatOfPlainDuckDb(String name) throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve(name), directory.resolve("real.db"));
    DriverManager.getConnection("jdbc:duckdb:" + directory.resolve("real.db")).close();
    String plain;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + link)) {
      plain = connection.getCatalog();
      run(connection, "CREATE TABLE t AS SELECT 42 AS i");
      run(connection, "CREATE VIEW v AS FROM \"" + plain + "\".main.t");
      run(connection, "CHECKPOINT");
    }
    String url = "jdbc:haduck:" + link;
    try (Connection connection = DriverManager.getConnection(url);
        Connection second = DriverManager.getConnection(url);
        Connection ofTheFile =
            DriverManager.getConnection("jdbc:haduck:" + directory.resolve("real.db"))) {
      String expected = renames() ? plain : "real";
      for (Connection each : new Connection[] {connection, second, ofTheFile}) {
        assertThat(each.getCatalog()).isEqualTo(expected);
        assertThat(text(each, "SELECT current_database()")).isEqualTo(expected);
        assertThat(text(each, "FROM t")).isEqualTo("42");
        if (renames()) {
          assertThat(text(each, "FROM v")).isEqualTo("42");
        }
      }
      assertThat(Haduck.status(second).database())
          .isEqualTo(directory.resolve("real.db").toRealPath());
      assertThat(directory.resolve(name + ".wal")).doesNotExist();
      assertThat(OtherProcess.canOpen(directory.resolve("real.db"))).isFalse();
    }
  }

  @Test
  void replicatedByALink_checkpointsByItsName_andIsRestored() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("lnk.db"), directory.resolve("real.db"));
    String url =
        "jdbc:haduck:" + link + ";haduck.name=lnk.db;haduck.replica=file:" + directory.resolve("r");
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE t AS SELECT 42 AS i");
      run(connection, "CHECKPOINT " + (renames() ? "lnk" : "real"));
      run(
          connection,
          "ATTACH 'haduck:" + directory.resolve("b.db") + ";haduck.name=b.db' AS b");
      Haduck.checkpoint(connection);
      Haduck.checkpoint(connection, renames() ? "lnk" : "real");
    }
    Haduck.shutdown();
    Files.delete(directory.resolve("real.db"));
    try (Connection connection = DriverManager.getConnection(url)) {
      assertThat(text(connection, "FROM t")).isEqualTo("42");
    }
  }
}
