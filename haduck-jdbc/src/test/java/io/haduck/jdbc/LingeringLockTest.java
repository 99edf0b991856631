package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who meets a database that is kept open only since it lingers is told so, and what to do. */
final class LingeringLockTest {
  @TempDir Path directory;
  private Path file;
  private String url;

  @BeforeEach
  void makeADatabaseThatLingers() throws Exception {
    file = directory.resolve("my.duckdb");
    url = "jdbc:haduck:" + file + ";haduck.replica=file:" + directory.resolve("replica");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER)");
    }
  }

  @AfterEach
  void shutDown() {
    Haduck.shutdown();
  }

  private RestoreRequest toTheFirst(ObjectStore store) {
    return RestoreRequest.latest(store, file).at(new RestoreTarget.AtSeq(1)).overwriting();
  }

  @Test
  void anotherProcess_thatOpensIt_isToldOfLinger() throws Exception {
    try (var child =
        ChildJvm.start(
            "-Xmx128m", LocalLimitsTest.Connecting.class, url + ";haduck.lease_wait=0")) {
      assertThat(String.join("\n", child.join()))
          .contains(
              "is locked by another process",
              "If all are closed",
              "haduck.linger",
              "Haduck.shutdown()",
              "haduck.linger=0s");
    }
  }

  @Test
  void aRestorer_ofThisProcess_isToldOfLinger() {
    try (ObjectStore store = Haduck.replica(url, new Properties())) {
      assertThatThrownBy(() -> Restorer.create().restore(toTheFirst(store)))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContainingAll("is locked by this process", "haduck.linger", "Haduck.shutdown");
    }
  }

  @Test
  void restoreAndRewind_byHaduck_endTheLingering() throws Exception {
    try (ObjectStore store = Haduck.replica(url, new Properties())) {
      assertThat(Haduck.restore(toTheFirst(store)).seq()).isEqualTo(1);
    }
    Haduck.rewind(url, new Properties());
  }

  @Test
  void restoreAndRewind_whileSomebodyIsConnected_saySo() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        ObjectStore store = Haduck.replica(url, new Properties())) {
      assertThatThrownBy(() -> Haduck.restore(toTheFirst(store)))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContainingAll(file + " is open in this JVM", "close its connections");
      assertThatThrownBy(() -> Haduck.rewind(url, new Properties()))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("is open in this JVM");
      assertThat(connection.isValid(1)).isTrue();
    }
  }

  /** Also where DuckDB alone has it open, and the system cannot tell. */
  @Test
  void restore_overADatabaseWithoutAReplicaThatIsOpen_saysSo() throws SQLException {
    Haduck.shutdown();
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:" + file);
        ObjectStore store = Haduck.replica(url, new Properties())) {
      assertThatThrownBy(() -> Haduck.restore(toTheFirst(store)))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("is open in this JVM");
      assertThat(connection.isValid(1)).isTrue();
    }
  }
}
