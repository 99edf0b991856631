package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that another user has made, as root does in a container: said before anything is done. */
final class OtherUsersTest {
  private static final int NOBODY = 65534;

  @TempDir Path directory;
  private Path data;
  private String url;

  @BeforeEach
  void makeADatabaseWithAWal() throws Exception {
    data = Files.createDirectory(directory.resolve("data"));
    url =
        "jdbc:haduck:"
            + data.resolve("my.duckdb")
            + ";haduck.linger=0s;haduck.replica=file:"
            + directory.resolve("replica");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
      statement.execute("CREATE TABLE t(a INTEGER)");
    }
    Haduck.shutdown();
  }

  @AfterEach
  void shutDown() {
    Haduck.shutdown();
  }

  /** Root without what lets it pass permissions, which is a user like any other. */
  private String connectBound() throws IOException {
    String bound = "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown";
    SmallDisk.require("setpriv", bound, "true");
    try (var child =
        ChildJvm.start(
            Map.of(),
            List.of("setpriv", bound),
            List.of("-Xmx128m"),
            LocalLimitsTest.Connecting.class,
            url)) {
      return String.join("\n", child.join());
    }
  }

  private List<Path> log() throws IOException {
    try (Stream<Path> objects = Files.list(directory.resolve("replica/my.duckdb/log"))) {
      return objects.toList();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "my.duckdb, rw-r--r--",
    "my.duckdb, rw-------",
    "my.duckdb.wal, rw-------",
    "my.duckdb.haduck, rw-------",
    "my.duckdb.haduck-lock, rw-r--r--"
  })
  void aFileOfAnotherUser_isNamed_withItsOwnerAndMode_beforeAnythingHappens(
      String name, String mode) throws Exception {
    Path file = data.resolve(name);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    give(file);
    List<Path> before = log();
    assertThat(connectBound())
        .contains(
            file + ", which exists and belongs to ",
            " with mode " + mode,
            "this process runs as '",
            "(uid ",
            "chown",
            "delete nothing")
        .doesNotContain("cannot create");
    assertThat(log()).isEqualTo(before);
  }

  /** What plain DuckDB opens is opened. */
  @Test
  void aWalAndARecordOfAnotherUser_thatCanBeRead_areSaid() throws Exception {
    give(data.resolve("my.duckdb.wal"));
    give(data.resolve("my.duckdb.haduck"));
    assertThat(connectBound())
        .contains("connected", "will fail to commit", "my.duckdb.wal, which exists and belongs to");
  }

  @Test
  void aDirectoryOfAnotherUser_isNamed_whereTheLockFileIsMissing() throws Exception {
    Files.delete(data.resolve("my.duckdb.haduck-lock"));
    give(data);
    assertThat(connectBound())
        .contains(
            "cannot create " + data.resolve("my.duckdb.haduck-lock"),
            "write permission in the database's directory, which belongs to ",
            " with mode rwxr-xr-x");
  }

  @ParameterizedTest
  @CsvSource({
    "log/00000000000000000001.changeset, rw-------, true",
    "log, rwx------, false",
    "log, r-xr-xr-x, false"
  })
  void aPartOfTheReplica_ofAnotherUser_isNamed_withItsOwnerAndMode(
      String name, String mode, boolean isObject) throws Exception {
    Path part = directory.resolve("replica/my.duckdb").resolve(name);
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString(mode));
    give(part);
    assertThat(connectBound())
        .contains(
            "permission denied. " + part + " belongs to ",
            " with mode " + mode,
            "this process runs as '",
            isObject ? "permission on its objects" : "search permission on its directories",
            "chown -R");
  }

  private static void give(Path file) throws IOException {
    SmallDisk.require("chown", NOBODY + ":" + NOBODY, file.toString());
  }

  @Test
  void whatRootMade_forADatabaseOfAnotherUser_isOfUseToThatUser() throws Exception {
    for (String name : List.of("", ".wal", ".haduck")) {
      give(data.resolve("my.duckdb" + name));
    }
    Files.delete(data.resolve("my.duckdb.haduck-lock"));
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO t VALUES (1)");
      statement.execute("CHECKPOINT");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    for (String name : List.of("", ".haduck", ".haduck-lock")) {
      assertThat(Files.getAttribute(data.resolve("my.duckdb" + name), "unix:uid"))
          .as(name)
          .isEqualTo(NOBODY);
    }
  }
}
