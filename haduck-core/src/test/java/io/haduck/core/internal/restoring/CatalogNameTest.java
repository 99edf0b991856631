package io.haduck.core.internal.restoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database whose file gets another name is another one to SQL, which is said. */
@Tag("compat")
class CatalogNameTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "app.duckdb",
        "app",
        "app.v2.duckdb",
        "APP.db",
        "temp.db",
        "main.db",
        "system",
        "größe.db"
      })
  void changed_knowsTheNameThatDuckDbGives(String fileName) throws Exception {
    Path file = directory.resolve(fileName);
    String catalog;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      catalog = text(connection, "SELECT current_catalog()");
    }
    assertThat(CatalogName.changed("/other/" + catalog + ".x", file)).isEmpty();
    assertThat(CatalogName.changed("/other/someother.duckdb", file).orElseThrow())
        .contains("it is \"" + catalog + "\" now and not \"someother\"");
  }

  @Test
  void changed_withoutAPath_orWithTheSameName_saysNothing() {
    assertThat(CatalogName.changed(null, Path.of("/a/b.db"))).isEmpty();
    assertThat(CatalogName.changed("/x/app.duckdb", Path.of("/y/app.db"))).isEmpty();
  }

  @Test
  void restore_underAnotherFileName_warns_andAMacroThatNamesTheDatabaseFails() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "CREATE TABLE t AS SELECT 1 AS a", "CREATE MACRO m() AS (SELECT max(a) FROM my.t)");
      database.checkpoint();
      database.awaitInSync();
      database.stop();
      Path other = directory.resolve("copy.duckdb");
      assertThat(restore(database.replica(), other).warnings())
          .singleElement()
          .asString()
          .contains(
              "it is \"copy\" now and not \"my\"",
              "Keep the file name my.duckdb",
              "ATTACH '" + other + "' AS \"my\"");
      assertThatThrownBy(() -> macroOf(other, "")).isInstanceOf(SQLException.class);
      assertThat(macroOf(other, "ATTACH '" + other + "' AS my")).isEqualTo("1");
      Path same = Files.createDirectory(directory.resolve("elsewhere")).resolve("my.duckdb");
      assertThat(restore(database.replica(), same).warnings()).isEmpty();
      assertThat(macroOf(same, "")).isEqualTo("1");
    }
  }

  private static RestoreResult restore(Path replica, Path file) {
    try (ObjectStore store = new FileObjectStore(replica)) {
      return Restorer.create().restore(RestoreRequest.latest(store, file));
    }
  }

  private static String macroOf(Path file, String attach) throws SQLException {
    String url = attach.isEmpty() ? "jdbc:duckdb:" + file : "jdbc:duckdb:";
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      if (!attach.isEmpty()) {
        statement.execute(attach);
        statement.execute("USE my");
      }
      return text(connection, "SELECT m()");
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
