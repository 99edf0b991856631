package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the log of a process that starts, and of one that tries again and again. */
class SaidOnceTest {
  @TempDir Path directory;

  /** Opens a database several times, and says how that went. */
  static final class Opening {
    public static void main(String[] arguments) throws SQLException {
      for (int attempt = 0; attempt < Integer.parseInt(arguments[1]); attempt++) {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
          System.out.println("OPENED " + connection.isValid(1));
        } catch (SQLException e) {
          System.out.println("FAILED " + e.getClass().getSimpleName());
        }
      }
      Haduck.shutdown();
    }
  }

  private String url(String pod) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(pod)).resolve("f.duckdb")
        + ";haduck.name=db;haduck.linger=0s;haduck.replica=file:"
        + directory.resolve("replica");
  }

  private static List<String> log(String url, int times) throws Exception {
    try (var child =
        ChildJvm.start(
            Map.of(),
            List.of(),
            List.of("-Xmx256m", "-Dorg.slf4j.simpleLogger.log.io.haduck=info"),
            Opening.class,
            url,
            "" + times)) {
      return child.join();
    }
  }

  @Test
  void divergence_isSaidOnce_howeverOftenAPoolTries() throws Exception {
    run(url("one"), "CREATE TABLE t AS SELECT 1 AS i");
    run(url("two"), "INSERT INTO t VALUES (2)");
    run("jdbc:duckdb:" + directory.resolve("one/f.duckdb"), "INSERT INTO t VALUES (3)");

    List<String> lines = log(url("one"), 5);

    assertThat(lines).filteredOn(line -> line.startsWith("FAILED")).hasSize(5);
    assertThat(lines)
        .filteredOn(line -> line.matches(".*\\] (INFO|WARN|ERROR) .*"))
        .singleElement()
        .asString()
        .contains("ERROR", "cannot be opened until somebody decides");
  }

  /** A pod without a volume: its path may be new at each start. */
  @Test
  void restore_thatIsAskedFor_isNoWarning() throws Exception {
    run(url("one"), "CREATE TABLE t AS SELECT 1 AS i");
    for (String pod : List.of("two", "three")) {
      List<String> lines = log(url(pod), 1);
      assertThat(lines).contains("OPENED true");
      assertThat(lines).anyMatch(line -> line.contains("INFO") && line.contains("restored"));
      assertThat(lines).noneMatch(line -> line.contains("WARN") || line.contains("ERROR"));
    }
  }
}
