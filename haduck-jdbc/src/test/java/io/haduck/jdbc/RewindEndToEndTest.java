package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a wrong DELETE back to before it, as an operator does it. */
@Tag("compat")
class RewindEndToEndTest {
  @TempDir Path directory;

  private String url() {
    return "jdbc:haduck:"
        + directory.resolve("my.duckdb")
        + ";haduck.linger=0s;haduck.replica=file:"
        + directory.resolve("replica");
  }

  @Test
  void rewind_bringsBackWhatAWrongStatementDeleted() throws Exception {
    long before;
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      Haduck.sync(connection);
      before = Haduck.status(connection).replication().orElseThrow().seq();
      statement.execute("DELETE FROM t");
      Haduck.checkpoint(connection);
    }
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(
          RestoreRequest.latest(replica, directory.resolve("my.duckdb"))
              .at(new RestoreTarget.AtSeq(before))
              .overwriting());
    }
    assertThatThrownBy(() -> DriverManager.getConnection(url()))
        .isInstanceOf(SQLException.class)
        .hasRootCauseInstanceOf(DivergedException.class)
        .hasMessageContaining("Haduck.rewind");
    assertThat(Haduck.rewind(url(), new Properties()).seq()).isGreaterThan(before);
    assertThat(rows(url())).isEqualTo(1000);
    assertThatThrownBy(() -> Haduck.rewind(url(), new Properties()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("nothing to rewind");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Path elsewhere = directory.resolve("elsewhere.duckdb");
      Haduck.restore(RestoreRequest.latest(replica, elsewhere));
      assertThat(rows("jdbc:duckdb:" + elsewhere)).isEqualTo(1000);
    }
  }

  /** The log goes on being that of the application's own path, which loses its disk later. */
  @Test
  void rewindInAnotherDirectory_keepsThePathOfTheDatabase_andIsRefusedBesideIt() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere")).resolve("my.duckdb");
    String there = "jdbc:haduck:" + elsewhere + url().substring(url().indexOf(';'));
    String lingering = url().replace("linger=0s", "linger=1h");
    try (Connection connection = DriverManager.getConnection(lingering);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT range AS i FROM range(1000)");
      Haduck.checkpoint(connection);
      long before = Haduck.status(connection).replication().orElseThrow().seq();
      statement.execute("DELETE FROM t");
      Haduck.checkpoint(connection);
      try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
        Haduck.restore(
            RestoreRequest.latest(replica, elsewhere).at(new RestoreTarget.AtSeq(before)));
      }
      assertThatThrownBy(() -> Haduck.rewind(there, new Properties()))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("is open in this JVM")
          .hasMessageContaining(directory.resolve("my.duckdb").toString());
      statement.execute("INSERT INTO t VALUES (1)");
    } // and lingers
    Haduck.rewind(there, new Properties());
    Haduck.shutdown();
    for (String suffix : List.of("", ".wal", ".haduck")) {
      Files.deleteIfExists(directory.resolve("my.duckdb" + suffix));
    }
    assertThat(rows(url())).isEqualTo(1000);
  }

  private static long rows(String url) throws SQLException {
    return number(url, "SELECT count(*) FROM t");
  }
}
