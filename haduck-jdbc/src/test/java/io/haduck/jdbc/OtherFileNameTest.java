package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DuckDB names a database by its file: it is said when a replica's gets another name. */
final class OtherFileNameTest {
  @TempDir Path directory;

  @BeforeEach
  void makeADatabaseWithAMacroThatNamesIt() throws Exception {
    try (Connection connection = DriverManager.getConnection(url("app.duckdb"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT 1 AS a");
      statement.execute("CREATE MACRO m() AS (SELECT max(a) FROM app.t)");
    }
    Haduck.shutdown();
  }

  private String url(String fileName) {
    return "jdbc:haduck:"
        + directory.resolve(fileName)
        + ";haduck.name=app.duckdb;haduck.replica=file:"
        + directory.resolve("replica");
  }

  private String connect(String fileName) throws IOException {
    try (var child = ChildJvm.start("-Xmx128m", LocalLimitsTest.Connecting.class, url(fileName))) {
      return String.join("\n", child.join());
    }
  }

  @Test
  void open_ofAReplicaByAnotherFileName_warnsOnce() throws Exception {
    assertThat(connect("other.duckdb"))
        .contains(
            "connected",
            "under another file name",
            "it is \"other\" now and not \"app\"",
            "Keep the file name app.duckdb");
    assertThat(connect("other.duckdb")).contains("connected").doesNotContain("another file name");
  }

  @Test
  void open_ofAFileThatWasRenamed_warns() throws Exception {
    for (String suffix : new String[] {"", ".haduck", ".haduck-lock"}) {
      Files.move(
          directory.resolve("app.duckdb" + suffix), directory.resolve("renamed.db" + suffix));
    }
    assertThat(connect("renamed.db")).contains("connected", "it is \"renamed\" now");
  }

  @Test
  void open_ofTheSameNameInAnotherDirectory_saysNothing() throws Exception {
    Files.createDirectory(directory.resolve("elsewhere"));
    assertThat(connect("elsewhere/app.db")).contains("connected").doesNotContain("another file");
  }

  @Test
  void restore_underAnotherFileName_warns() {
    try (ObjectStore store = Haduck.replica(url("app.duckdb"), new Properties())) {
      assertThat(
              Haduck.restore(RestoreRequest.latest(store, directory.resolve("copy.duckdb")))
                  .warnings())
          .singleElement()
          .asString()
          .contains("it is \"copy\" now and not \"app\"");
    }
  }
}
