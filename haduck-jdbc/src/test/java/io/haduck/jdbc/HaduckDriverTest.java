package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.store.ObjectStoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connecting: what is ours, what is DuckDB's, and what is refused. */
final class HaduckDriverTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String url(String name, String... options) {
    return "jdbc:haduck:" + file(name) + String.join("", options);
  }

  private String replica() {
    return ";haduck.replica=file:" + file("replica");
  }

  private static void assertRefused(String url, String... message) {
    assertThatThrownBy(() -> DriverManager.getConnection(url))
        .isInstanceOf(SQLException.class)
        .hasMessageContainingAll(message)
        .hasCauseInstanceOf(InvalidConfigurationException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
  }

  @Test
  void memory_isPassedThrough() throws SQLException {
    for (String url :
        new String[] {"jdbc:haduck:", "jdbc:haduck::memory:", "jdbc:haduck::memory:x"}) {
      try (Connection connection = DriverManager.getConnection(url)) {
        assertThat(connection.unwrap(DuckDBConnection.class)).isNotNull();
        assertThat(Haduck.statuses(connection)).isEmpty();
        assertThatThrownBy(() -> Haduck.status(connection)).isInstanceOf(SQLException.class);
      }
    }
  }

  @Test
  void memory_withAReplicaOfItsOwn_isRefused() {
    assertRefused("jdbc:haduck:;haduck.replica=file:/backup", "only a database in a local file");
    assertRefused("jdbc:haduck:md:db;haduck.s3.bucket=data", "'md:…'");
  }

  @Test
  void readOnly_isPassedThrough() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("a.duckdb"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
    }
    try (Connection connection =
        DriverManager.getConnection(url("a.duckdb", ";access_mode=READ_ONLY", replica()))) {
      assertThat(Haduck.statuses(connection)).isEmpty();
      assertThat(count(connection, "t")).isEqualTo(1);
    }
    assertThat(file("replica")).doesNotExist();
    assertThat(directory).isDirectoryNotContaining("glob:**.haduck*");
  }

  @Test
  void aFileWithoutReplica_isLocalOnly() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("a.duckdb"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
      assertThat(connection.unwrap(DuckDBConnection.class)).isNotNull();
      assertThat(Haduck.status(connection).replication()).isEmpty();
      assertThat(Haduck.status(connection).database()).isEqualTo(file("a.duckdb"));
      assertThat(Haduck.checkpoint(connection).seq()).isZero();
      assertThatThrownBy(() -> Haduck.sync(connection)).hasMessageContaining("local only");
    }
    assertThat(directory)
        .isDirectoryContaining("glob:**a.duckdb")
        .isDirectoryNotContaining("glob:**.haduck*");
  }

  @Test
  void anotherDriversUrl_isNone() throws SQLException {
    assertThat(new HaduckDriver().connect("jdbc:duckdb:", new Properties())).isNull();
    assertThat(new HaduckDriver().acceptsURL("jdbc:haduck:x")).isTrue();
    assertThat(new HaduckDriver().acceptsURL("jdbc:duckdb:x")).isFalse();
  }

  @Test
  void badSettings_areRefusedBeforeAnythingIsMade() {
    assertRefused(
        url("a.duckdb", ";haduck.durabilty=async"), "nearest known key is 'haduck.durability'");
    assertRefused(url("a.duckdb", ";haduck.durability=always"), "async or checkpoint or commit");
    assertRefused(url("no/such/a.duckdb"), "no/such", "create it first");
    assertRefused(
        url("a.duckdb", ";jdbc_instance_cache=false", replica()), "jdbc_instance_cache=false");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void secondConnection_withOtherSettings_isRefused_namingTheKeys() throws SQLException {
    try (Connection first = DriverManager.getConnection(url("a.duckdb", ";haduck.linger=1s"))) {
      assertRefused(
          url("a.duckdb", ";haduck.linger=2s", replica()), "haduck.replica", "haduck.linger");
      try (Connection same =
          DriverManager.getConnection(url("a.duckdb", ";haduck.linger=1000ms"))) {
        assertThat(Haduck.status(same).connections()).isEqualTo(2);
      }
      assertThat(Haduck.status(first).connections()).isEqualTo(1);
    }
    try (Connection other = DriverManager.getConnection(url("a.duckdb", ";haduck.linger=2s"))) {
      assertThat(Haduck.status(other).connections()).isEqualTo(1);
    }
  }

  @Test
  void linksAndRelativePaths_areOneDatabase() throws Exception {
    Files.createDirectory(file("data"));
    Files.createSymbolicLink(file("link.duckdb"), Path.of("data/a.duckdb"));
    Files.createSymbolicLink(file("linked"), file("data"));
    try (Connection direct = DriverManager.getConnection(url("data/a.duckdb"));
        Connection dotted = DriverManager.getConnection(url("data/../data/./a.duckdb"));
        Connection linked = DriverManager.getConnection(url("link.duckdb"));
        Connection inLinked = DriverManager.getConnection(url("linked/a.duckdb"))) {
      run(direct, "CREATE TABLE t AS SELECT 1 AS a");
      assertThat(count(dotted, "t")).isEqualTo(1);
      assertThat(count(linked, "t")).isEqualTo(1);
      assertThat(count(inLinked, "t")).isEqualTo(1);
      assertThat(Haduck.status(linked).connections()).isEqualTo(4);
      assertThat(linked.getMetaData().getURL()).isEqualTo("jdbc:duckdb:" + file("data/a.duckdb"));
    }
  }

  @Test
  void aHardLink_isRefused() throws Exception {
    try (Connection connection = DriverManager.getConnection(url("a.duckdb"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
      Files.createLink(file("b.duckdb"), file("a.duckdb"));
      assertRefused(url("b.duckdb"), "hard links to one file");
    }
  }

  @Test
  void aWalBesideASymbolicLink_isNotLeftBehind() throws IOException {
    Files.createDirectory(file("data"));
    Files.createSymbolicLink(file("link.duckdb"), file("data/a.duckdb"));
    Files.writeString(file("link.duckdb.wal"), "commits");
    assertRefused(url("link.duckdb"), "link.duckdb.wal", "CHECKPOINT");
  }

  @Test
  void propertyInfo_describesOursAndDuckDbs_withoutSecrets() throws SQLException {
    var info = new Properties();
    info.setProperty("haduck.s3.secret_key", "wJalrXUtnFEMI");
    info.setProperty("haduck.linger", "5s");
    DriverPropertyInfo[] described = new HaduckDriver().getPropertyInfo(url("a.duckdb"), info);
    assertThat(described)
        .extracting(it -> it.name)
        .contains("haduck.replica", "haduck.s3.secret_key", "threads", "duckdb.read_only");
    assertThat(described).allSatisfy(it -> assertThat(it.value).isNotEqualTo("wJalrXUtnFEMI"));
    assertThat(described)
        .filteredOn(it -> it.name.equals("haduck.linger"))
        .allSatisfy(it -> assertThat(it.value).isEqualTo("5s"))
        .allSatisfy(it -> assertThat(it.description).isNotBlank());
    assertThat(Arrays.stream(described).map(it -> it.name).filter(it -> it.startsWith("haduck.")))
        .hasSameSizeAs(ObjectStoreSettings.known().all())
        .doesNotHaveDuplicates();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aDuckDbThatDoesNotOpen_leavesNothingOpen() throws SQLException {
    assertThatThrownBy(
            () -> DriverManager.getConnection(url("a.duckdb", replica(), ";no_such_option=1")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("no_such_option");
    try (Connection connection =
        DriverManager.getConnection(url("a.duckdb", replica(), ";haduck.linger=0s"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
    }
  }
}
