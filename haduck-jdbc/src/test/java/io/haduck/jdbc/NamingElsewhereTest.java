package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With a replica from a system property, as from the environment: what DuckDB opens as a local file
 * is replicated or refused, and of everything else it is said that it is not. One test for each row
 * of docs/reference/naming.md; each in a JVM whose working directory is empty.
 */
@Tag("compat")
class NamingElsewhereTest {
  @TempDir Path directory;

  /** What the child says of each name, then what it has logged. */
  private List<String> opening(String... names) throws Exception {
    Path work = Files.createDirectories(directory.resolve("work"));
    try (var child =
        ChildJvm.start(
            Map.of("HOME", directory.toString()),
            List.of("env", "-C", work.toString()),
            List.of(
                "-Xmx128m",
                "-Dhaduck.linger=0s",
                "-Dhaduck.replica=file:" + directory.resolve("replica"),
                "-Dorg.slf4j.simpleLogger.log.io.haduck=info"),
            Reconciliation.class,
            names)) {
      return child.join();
    }
  }

  /** Opens each, and says what it is to DuckDB and to haduck. */
  static final class Reconciliation {
    private Reconciliation() {}

    public static void main(String[] names) {
      for (String name : names) {
        System.out.println("[" + name + "] " + open("jdbc:haduck:" + name));
      }
    }

    private static String open(String url) {
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE IF NOT EXISTS t(i INTEGER)");
        String path;
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT path FROM duckdb_databases() WHERE NOT internal ORDER BY path LIMIT 1")) {
          rows.next();
          path = rows.getString(1);
        }
        var replicated = new ArrayList<String>();
        for (DatabaseStatus status : Haduck.statuses(connection)) {
          status.replication().ifPresent(it -> replicated.add(it.replica()));
        }
        return (path == null ? "in memory" : path) + " " + replicated;
      } catch (SQLException e) {
        return "refused: " + e.getMessage();
      }
    }
  }

  private static List<String> of(List<String> lines, String name) {
    return lines.stream().filter(line -> line.startsWith("[" + name + "] ")).toList();
  }

  @Test
  void aNameWithAColon_thatIsAFileToDuckDb_isReplicated() throws Exception {
    String[] names = {
      "a:b.duckdb", "ab-c:d.duckdb", "ab.c:d.duckdb", "./ab:c.duckdb", "duckdb:ab:d.duckdb", ":x"
    };
    List<String> lines = opening(names);
    for (String name : names) {
      String file = name.replaceFirst("^\\./|^duckdb:", "");
      assertThat(of(lines, name))
          .as("%s", lines)
          .singleElement()
          .asString()
          .endsWith("/work/" + file + " [file:" + directory.resolve("replica") + "/" + file + "]");
      assertThat(directory.resolve("work").resolve(file)).isRegularFile();
    }
  }

  @Test
  void fileUrls_withAReplicaFromTheEnvironment_areReplicated() throws Exception {
    Path x = directory.resolve("x.duckdb");
    String[] names = {"file:" + x, "file://" + x, "duckdb:" + x, "~/x.duckdb"};
    List<String> lines = opening(names);
    for (String name : names) {
      assertThat(of(lines, name))
          .as("%s", lines)
          .containsExactly(
              "[" + name + "] " + x + " [file:" + directory.resolve("replica") + "/x.duckdb]");
    }
  }

  @Test
  void aDatabaseInMemory_isOpened_andItIsSaid() throws Exception {
    String[] names = {"", ":memory:", ":memory:one", "memory:two", "duckdb:", "duckdb::memory:"};
    List<String> lines =
        opening(
            "",
            ":memory:",
            ":memory:one",
            "memory:two",
            "duckdb:",
            "duckdb::memory:",
            ":memory:one");
    for (String name : names) {
      assertThat(of(lines, name))
          .as("%s", lines)
          .isNotEmpty()
          .allSatisfy(line -> assertThat(line).isEqualTo("[" + name + "] in memory []"));
      assertThat(lines)
          .filteredOn(
              line ->
                  line.contains("INFO")
                      && line.contains("in memory '" + name + "' is not replicated"))
          .hasSize(1);
    }
    assertThat(directory.resolve("replica")).doesNotExist();
  }

  @Test
  void aDatabaseElsewhere_isLeftToDuckDb_andItIsSaid() throws Exception {
    // DuckDB knows none of these, and looks for no such extension in the network.
    List<String> lines = opening("nosuchthing:secret=1", "ab:c.duckdb", "nosuchthing:secret=2");
    for (String name : new String[] {"nosuchthing:secret=1", "ab:c.duckdb"}) {
      assertThat(of(lines, name)).singleElement().asString().contains("xtension");
    }
    for (String shown : new String[] {"nosuchthing:…", "ab:…"}) {
      assertThat(lines)
          .filteredOn(line -> line.contains("WARN") && line.contains("'" + shown + "' is not rep"))
          .singleElement()
          .asString()
          .contains("write ./", "a system property")
          .doesNotContain("secret");
    }
    assertThat(directory.resolve("work")).isEmptyDirectory();
  }

  @Test
  void aUrl_belowWhoseSchemeIsALocalDirectory_isRefused() throws Exception {
    Files.createDirectories(directory.resolve("work/s3:/bucket"));
    Files.createDirectories(directory.resolve("work/zz:/y"));
    List<String> lines =
        opening("s3://bucket/x.duckdb", "zz://y/x.duckdb", "duckdb:zz://y/x.duckdb");
    assertThat(lines)
        .filteredOn(line -> line.startsWith("["))
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).contains("refused: ", "rename that directory"));
    assertThat(directory.resolve("work/zz:/y")).isEmptyDirectory();
  }

  @Test
  void restoring_saysFromWhere_ofWhichPath_howLargeAndOld_andWhichTables() throws Exception {
    Path x = directory.resolve("x.duckdb");
    opening(x.toString());
    for (String suffix : new String[] {"", ".haduck", ".haduck-lock"}) {
      Files.delete(Path.of(x + suffix));
    }
    List<String> lines = opening(x.toString());
    assertThat(lines)
        .filteredOn(line -> line.contains("restored " + x + " from file:"))
        .singleElement()
        .asString()
        .contains("/replica/x.duckdb, the replica of " + x + ": ", " bytes, seq ", " s ago)");
    assertThat(lines)
        .filteredOn(line -> line.contains(x + " was restored with 1 tables: main.t"))
        .hasSize(1);
  }

  @Test
  void aReplicaFromTheEnvironment_servesTheFilesOneAfterTheOther() throws Exception {
    Path one = Files.createDirectory(directory.resolve("one")).resolve("x.duckdb");
    Path two = Files.createDirectory(directory.resolve("two")).resolve("x.duckdb");
    List<String> lines = opening(one.toString(), two.toString());
    assertThat(of(lines, one.toString())).singleElement().asString().contains("/replica/x.duckdb");
    assertThat(of(lines, two.toString()))
        .singleElement()
        .asString()
        .contains("refused: ", "is the replica of " + one, "haduck.name=…");
  }
}
