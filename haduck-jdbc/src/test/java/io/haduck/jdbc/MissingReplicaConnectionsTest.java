package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Durability that was asked for and cannot be had is an error for each way to open a file. */
final class MissingReplicaConnectionsTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private String url() {
    return "jdbc:haduck:" + directory.resolve("f.duckdb");
  }

  private static void assertRefused(String url, Properties properties) {
    assertThatThrownBy(() -> DriverManager.getConnection(url, properties).close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("haduck.replica=none")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08001");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "haduck.durability=commit",
        "haduck.replica=",
        "haduck.s3.bucket=",
        "haduck.s3.region=eu-central-1",
        "haduck.name=db"
      })
  void aFile_isNotOpened_whereverItIsSaid(String setting) throws Exception {
    String key = setting.substring(0, setting.indexOf('='));
    String value = setting.substring(key.length() + 1);
    var properties = new Properties();
    properties.setProperty(key, value);
    assertRefused(url() + ";" + setting, new Properties());
    assertRefused(url(), properties);
    assertRefused(url() + ";jdbc_instance_cache=false", properties);
    System.setProperty(key, value);
    try {
      assertRefused(url(), new Properties());
      try (Connection memory = DriverManager.getConnection("jdbc:haduck:");
          Statement statement = memory.createStatement()) {
        if (!key.equals("haduck.name")) { // of the environment, it serves no attached database
          assertThatThrownBy(
                  () -> statement.execute("ATTACH 'haduck:" + directory.resolve("a.duckdb") + "'"))
              .isInstanceOf(SQLException.class)
              .hasMessageContaining("haduck.replica=none");
        }
      }
    } finally {
      System.clearProperty(key);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aDataSource_withEmptyTexts_isRefused() {
    var emptyReplica = new HaduckDataSource(url());
    emptyReplica.setReplica("");
    assertThatThrownBy(emptyReplica::getConnection).hasMessageContaining("haduck.replica=none");
    var emptyBucket = new HaduckDataSource(url());
    emptyBucket.setS3Bucket("");
    assertThatThrownBy(emptyBucket::getConnection).hasMessageContaining("haduck.s3.bucket");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void attached_inheritsFromItsConnection_whatItIsRefusedFor() throws Exception {
    String attach = "ATTACH 'haduck:" + directory.resolve("a.duckdb");
    try (Connection memory = DriverManager.getConnection("jdbc:haduck:;haduck.durability=commit");
        Statement statement = memory.createStatement()) {
      assertThatThrownBy(() -> statement.execute(attach + "' AS a"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("haduck.durability=commit");
      assertThat(directory).isEmptyDirectory();
      statement.execute(attach + ";haduck.replica=none' AS a");
      statement.execute("CREATE TABLE a.t(i INTEGER)");
      statement.execute("DETACH a");
      statement.execute(attach + "' AS a (READ_ONLY)");
    }
  }

  @Test
  void anotherConnection_toADatabaseThatIsLocalOnly_isRefusedToo() throws Exception {
    try (Connection local = DriverManager.getConnection(url())) {
      assertThat(Haduck.status(local).role()).isEqualTo(DatabaseRole.LOCAL_ONLY);
      assertRefused(url() + ";haduck.replica=", new Properties());
      DriverManager.getConnection(url() + ";haduck.replica=none").close();
    }
  }

  @Test
  void theEnvironment_refusesFilesOnly() throws Exception {
    for (Map<String, String> environment :
        List.of(
            Map.of("HADUCK_DURABILITY", "commit"),
            Map.of("HADUCK_REPLICA", ""),
            Map.of("HADUCK_S3_ACCESS_KEY", "a", "HADUCK_S3_SECRET_KEY", "b"))) {
      try (var child =
          ChildJvm.start(
              environment,
              List.of(),
              List.of("-Xmx128m"),
              Connecting.class,
              directory.resolve("f.duckdb").toString())) {
        assertThat(child.join())
            .filteredOn(line -> !line.contains("is local only")) // a warning
            .containsExactly(
                "refused", "memory", "named memory", "local", "read-only", "attached for reading");
      }
    }
  }

  /** Connects in each way, and says which worked. */
  static final class Connecting {
    private Connecting() {}

    public static void main(String[] arguments) throws SQLException {
      String url = "jdbc:haduck:" + arguments[0];
      try {
        DriverManager.getConnection(url).close();
        System.out.println("opened");
      } catch (SQLException e) {
        System.out.println(
            String.valueOf(e.getMessage()).contains("haduck.replica=none") ? "refused" : e);
      }
      connect("jdbc:haduck:", "memory");
      connect("jdbc:haduck::memory:db", "named memory");
      connect(url + ";haduck.replica=none", "local");
      connect(url + ";duckdb.read_only=true", "read-only");
      try (Connection memory = DriverManager.getConnection("jdbc:haduck:");
          Statement statement = memory.createStatement()) {
        statement.execute("ATTACH 'haduck:" + arguments[0] + "' AS f (READ_ONLY)");
        System.out.println("attached for reading");
      }
    }

    private static void connect(String url, String way) throws SQLException {
      try (Connection connection = DriverManager.getConnection(url)) {
        System.out.println(connection.isValid(1) ? way : "not valid");
      }
    }
  }
}
