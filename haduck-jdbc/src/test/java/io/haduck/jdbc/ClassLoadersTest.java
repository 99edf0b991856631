package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.OtherLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two applications in one JVM, each with a copy of haduck, and one in another process. */
@Tag("compat")
final class ClassLoadersTest {
  @TempDir Path directory;
  private String url;

  @BeforeEach
  void name() {
    url =
        "jdbc:haduck:"
            + directory.resolve("f.duckdb")
            + ";haduck.lease_wait=0;haduck.replica=file:"
            + directory.resolve("replica");
  }

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  /** Says whether it can be opened. */
  public static final class Reconciliation {
    private Reconciliation() {}

    public static String attempt(String url) {
      try {
        new HaduckDriver().connect(url, new Properties()).close();
        Haduck.shutdown();
        return "opened";
      } catch (SQLException e) {
        return String.valueOf(e.getMessage());
      }
    }

    public static void main(String[] arguments) {
      System.out.println(attempt(arguments[0]));
    }
  }

  /** By haduck: DuckDB has let go of it when its last connection is closed. */
  private String inAnotherProcess() throws Exception {
    try (var child = ChildJvm.start("-Xmx128m", Reconciliation.class, url)) {
      return String.join("\n", child.join());
    }
  }

  @Test
  void anotherClassLoader_thatIsRefused_leavesTheLockAlone() throws Exception {
    try (OtherLoader other = new OtherLoader()) {
      write();
      // It lingers: haduck's own lock alone keeps others from the replica now.
      for (int i = 0; i < 2; i++) {
        assertThat((String) other.call(Reconciliation.class, "attempt", url))
            .contains("is locked by this process (" + ProcessHandle.current().pid() + ")")
            .contains("another class loader", "Haduck.shutdown()");
        assertThat(inAnotherProcess()).contains("is locked by another process");
      }
      Haduck.shutdown();
      assertThat(inAnotherProcess()).endsWith("opened"); // JDK 24 and newer warn before
      assertThat(other.call(Reconciliation.class, "attempt", url)).isEqualTo("opened");
      assertThat(inAnotherProcess()).endsWith("opened"); // JDK 24 and newer warn before
    }
  }

  @Test
  void aRestore_thatIsRefused_leavesTheLockAlone() throws Exception {
    write();
    try (Connection connection = DriverManager.getConnection(url);
        ObjectStore replica = Haduck.replica(url, new Properties())) {
      assertThat(connection.isValid(1)).isTrue();
      RestoreRequest request =
          RestoreRequest.latest(replica, directory.resolve("f.duckdb")).overwriting();
      assertThatThrownBy(() -> Haduck.restore(request))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("is open in this JVM");
      assertThatThrownBy(() -> Restorer.create().restore(request))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("is locked by this process");
      assertThat(inAnotherProcess()).contains("is locked by another process");
    }
  }

  private void write() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT range AS i FROM range(1000)");
    }
  }
}
