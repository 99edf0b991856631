package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.testing.internal.OtherProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A database that is opened by a symbolic link has the link's name in SQL, as with plain DuckDB.
 */
@Tag("compat")
final class LinkNameTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lnk.db", "two.dots.db", "a b.db", "temp.db", "noending"})
  void catalog_isThatOfPlainDuckDb_whichFollowsLinks(String name) throws Exception {
    Path file = directory.resolve("real.db");
    Path link = Files.createSymbolicLink(directory.resolve(name), file);
    DriverManager.getConnection("jdbc:duckdb:" + file).close();
    String plain;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + link)) {
      plain = connection.getCatalog();
      // DuckDB 1.4 names it by the link, and takes it for another database.
      assumeThat(connection.getMetaData().getDatabaseProductVersion()).doesNotStartWith("v1.4");
      run(connection, "CREATE TABLE t AS SELECT 42 AS i");
      run(connection, "CREATE VIEW v AS FROM \"" + plain + "\".main.t");
    }
    String url = "jdbc:haduck:" + link;
    try (Connection connection = DriverManager.getConnection(url);
        Connection second = DriverManager.getConnection(url);
        Connection ofTheFile = DriverManager.getConnection("jdbc:haduck:" + file)) {
      for (Connection each : new Connection[] {connection, second, ofTheFile}) {
        assertThat(each.getCatalog()).isEqualTo(plain).isEqualTo("real");
        assertThat(text(each, "SELECT current_database()")).isEqualTo(plain);
        assertThat(text(each, "FROM v")).isEqualTo("42");
      }
      assertThat(Haduck.status(second).database()).isEqualTo(file.toRealPath());
      assertThat(OtherProcess.canOpen(file)).isFalse();
    }
  }
}
