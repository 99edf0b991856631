package io.haduck.jdbc.internal.url;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What names of databases mean, and that it is what they mean to DuckDB. */
@Tag("compat")
class NamedDatabaseTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "/x.duckdb, /x.duckdb",
    "x.duckdb, x.duckdb",
    "file:/x, /x",
    "file:///x, /x",
    "file:////x, //x",
    "file://localhost/x, /x",
    "file:/a%20b, /a%20b",
    "duckdb:/x, /x",
    "DUCKDB:/x, /x",
    "duckdb:x, ./x",
    "duckdb:~/x, ~/x",
    "duckdb:file:/x, /x",
    "duckdb:file:x, ./file:x",
    "duckdb:md:x, ./md:x",
    "duckdb::memory:x, ./:memory:x",
    "a:b, a:b",
    "C:\\x, C:\\x",
    "./ab:c, ./ab:c",
    "ab-c:d, ab-c:d",
    "é1:c, é1:c",
    ":x, :x",
    "x://y, x://y",
    ":MEMORY:, :MEMORY:",
    "memory, memory",
    "/x?a=b, /x?a=b",
  })
  void file(String name, String path) {
    assertThat(NamedDatabase.of(name)).isEqualTo(new NamedDatabase(NamedDatabase.Kind.FILE, path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":memory:", ":memory:x", "memory:", "memory:x", "duckdb:", "duckdb::memory:"})
  void memory(String name) {
    assertThat(NamedDatabase.of(name).kind()).isEqualTo(NamedDatabase.Kind.MEMORY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "md:",
        "md:x",
        "MD:x",
        "ducklake:/x",
        "sqlite:/x.db",
        "postgres:dbname=x",
        "postgresql://x",
        "s3://b/x",
        "https://h/x",
        "zz://x",
        "ab:c",
        "a_b:c",
        "1a:c",
        "MEMORY:x",
        "duckdb://x",
        "duckdb:s3://b/x"
      })
  void elsewhere(String name) {
    NamedDatabase named = NamedDatabase.of(name);
    assertThat(named.kind()).isEqualTo(NamedDatabase.Kind.FOREIGN);
    assertThat(named.shown()).matches("\\w+:…");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"file:", "file:x", "file:~/x", "file://h/x", "FILE:/x", "duckdb:file://h"})
  void fileUrlThatDuckDbDoesNotUnderstand(String name) {
    assertThatThrownBy(() -> NamedDatabase.of(name))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  @Test
  void whatDuckDbOpensAsAFile_isThatFileToHaduckToo() throws Exception {
    int opened = 0;
    for (String spelling :
        new String[] {
          "@", "file:@", "file://@", "file:///@", "file://localhost@", "duckdb:@", "DuckDB:@",
          "duckdb:file:@", "duckdb:file://@", "@%20b", "file://@%20b", "@:b", "file:@?b", "FILE:@",
          "File://@", "file:/@", "file://LOCALHOST@", "file://host@"
        }) {
      Path work = Files.createDirectory(directory.resolve("work"));
      String name = spelling.replace("@", work.resolve("x.duckdb").toString());
      try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + name);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t(i INTEGER)");
      } catch (SQLException e) {
        assertThat(work).as("%s is refused by DuckDB", name).isEmptyDirectory();
      }
      try (var files = Files.list(work)) {
        for (Path file : files.toList()) {
          assertThat(Path.of(NamedDatabase.of(name).text()).normalize()).isEqualTo(file);
          Files.delete(file);
          opened++;
        }
      }
      Files.delete(work);
    }
    assertThat(opened).isGreaterThan(8);
  }

  @Test
  void readOnly_isWhatDuckDbTakesForIt() throws Exception {
    Path file = directory.resolve("x.duckdb");
    DriverManager.getConnection("jdbc:duckdb:" + file).close();
    for (String options :
        new String[] {
          ";access_mode=READ_ONLY",
          ";ACCESS_MODE=read_only",
          ";access_mode=READ_WRITE",
          ";access_mode=READ_ONLY;access_mode=READ_WRITE",
          ";access_mode=READ_WRITE;Access_Mode=READ_ONLY",
          ";Access_Mode=READ_ONLY;access_mode=READ_WRITE",
          ";access_mode= READ_ONLY ",
          ";duckdb.read_only=true",
          ";duckdb.read_only=ON",
          ";duckdb.read_only=true;duckdb.read_only=false"
        }) {
      boolean ours = HaduckUrl.parse("jdbc:haduck:" + file + options).readOnly(new Properties());
      try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file + options);
          Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT readonly FROM duckdb_databases() WHERE NOT internal")) {
        rows.next();
        assertThat(rows.getBoolean(1)).as(options).isEqualTo(ours);
      }
    }
  }
}
