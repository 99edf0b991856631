package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.haduck.core.LocalFileException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full and directories that cannot be written to, real ones. */
final class LocalLimitsTest {
  /** About eight megabytes that do not compress. */
  private static final String EIGHT_MEGABYTES =
      "CREATE TABLE big AS SELECT hash(range) AS a FROM range(1000000)";

  @TempDir Path directory;

  @AfterEach
  void shutDown() {
    Haduck.shutdown();
  }

  private String url(Path database) {
    return url(database, directory.resolve("replica"));
  }

  private static String url(Path database, Path replica) {
    return "jdbc:haduck:"
        + database
        + ";haduck.sync_timeout=5s;haduck.sync_interval=50ms;haduck.name=db;haduck.replica=file:"
        + replica;
  }

  private long rowsOnTheReplica(String url, String table) throws SQLException {
    Path restored = directory.resolve("restored-" + System.nanoTime() + ".duckdb");
    try (ObjectStore store = Haduck.replica(url, new Properties())) {
      Haduck.restore(RestoreRequest.latest(store, restored));
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
      return count(plain, table);
    }
  }

  /** It goes on by itself; how soon, its backoff decides. */
  private static void awaitSync(Connection connection) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .untilAsserted(() -> Haduck.sync(connection));
  }

  private static Throwable refusal(String url) {
    return catchThrowableOfType(SQLException.class, () -> DriverManager.getConnection(url).close());
  }

  @Test
  void aFullDisk_whileRestoring_leavesNothing_andThereIsRoomLater() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 4)) {
      try (Connection connection =
          DriverManager.getConnection(url(directory.resolve("first.duckdb")))) {
        run(connection, EIGHT_MEGABYTES);
      }
      Haduck.shutdown();
      Path database = disk.directory().resolve("my.duckdb");
      assertThat(refusal(url(database)))
          .hasCauseInstanceOf(LocalFileException.class)
          .hasMessageContainingAll(database.toString(), "No space left", "check disk space");
      assertThat(disk.directory())
          .isDirectoryNotContaining("glob:**my.duckdb")
          .isDirectoryNotContaining("glob:**restore**");
      disk.resize(64);
      try (Connection connection = DriverManager.getConnection(url(database))) {
        assertThat(count(connection, "big")).isEqualTo(1_000_000);
      }
      Haduck.shutdown();
    }
  }

  @Test
  void aFullDisk_whileWriting_losesNothingThatWasAcknowledged() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 6)) {
      Path database = disk.directory().resolve("my.duckdb");
      long acknowledged = 0;
      Connection connection = DriverManager.getConnection(url(database));
      try {
        run(connection, "CREATE TABLE t(a UBIGINT)");
        Haduck.sync(connection);
        assertThatThrownBy(() -> run(connection, EIGHT_MEGABYTES)).isInstanceOf(SQLException.class);
        for (int i = 0; i < 200; i++) {
          run(connection, "INSERT INTO t SELECT hash(range) FROM range(10000)");
          acknowledged += 10_000;
        }
        assertThat(acknowledged).as("the disk did not run full").isZero();
      } catch (SQLException expected) {
        // The disk is full, or DuckDB has given the database up because it was.
      }
      closeWhateverItSays(connection);
      Haduck.shutdown();
      disk.resize(64);
      try (Connection again = DriverManager.getConnection(url(database))) {
        assertThat(count(again, "t")).isGreaterThanOrEqualTo(acknowledged);
        run(again, "INSERT INTO t VALUES (1)");
        Haduck.sync(again);
        acknowledged = count(again, "t");
      }
      Haduck.shutdown();
      assertThat(rowsOnTheReplica(url(database), "t")).isEqualTo(acknowledged);
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + database)) {
        assertThat(count(plain, "t")).isEqualTo(acknowledged);
      }
    }
  }

  private static void closeWhateverItSays(Connection connection) {
    try {
      connection.close();
    } catch (SQLException expectedNowAndThen) {
      // What is pending is sent at the next opening; what DuckDB says is its own.
    }
  }

  @Test
  void aFullReplica_letsSqlGoOn_andIsFilledWhenThereIsRoom() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 5)) {
      String url = url(directory.resolve("my.duckdb"), disk.directory().resolve("replica"));
      try (Connection connection = DriverManager.getConnection(url)) {
        run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
        Haduck.sync(connection);
        run(connection, EIGHT_MEGABYTES);
        assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
            .isInstanceOf(ReplicationPendingException.class)
            .hasMessageContainingAll("No space left", "make room there");
        ReplicatorStatus status = Haduck.status(connection).replication().orElseThrow();
        assertThat(status.state()).isEqualTo(ReplicatorStatus.State.FAILING);
        run(connection, "INSERT INTO t VALUES (1)");
        disk.resize(64);
        awaitSync(connection);
        assertThat(count(connection, "t")).isEqualTo(1001);
      }
      Haduck.shutdown();
      assertThat(rowsOnTheReplica(url, "t")).isEqualTo(1001);
      assertThat(rowsOnTheReplica(url, "big")).isEqualTo(1_000_000);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenTo_isNamed_beforeAnythingHappens() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    Path database = data.resolve("my.duckdb");
    try (SmallDisk.Immutable immutable = SmallDisk.immutable(data)) {
      assertThat(immutable.path()).isDirectory();
      assertThat(refusal(url(database)))
          .hasCauseInstanceOf(LocalFileException.class)
          .hasMessageContainingAll(
              "my.duckdb.haduck-lock", "write permission in the database's directory");
      assertThat(directory.resolve("replica")).doesNotExist();
    }
    try (Connection connection = DriverManager.getConnection(url(database))) {
      run(connection, "CREATE TABLE t(a INTEGER)");
    }
  }

  @Test
  void withoutThePermission_theUserAndTheDirectoryAreNamed() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    Path replica = Files.createDirectory(directory.resolve("replica"));
    // Permissions bind root only without these capabilities.
    List<String> bound = List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search");
    SmallDisk.require("setpriv", "--bounding-set=-dac_override,-dac_read_search", "true");
    for (Path refused : List.of(data, replica)) {
      Files.setPosixFilePermissions(refused, PosixFilePermissions.fromString("r-xr-xr-x"));
      List<String> lines;
      try (var child =
          ChildJvm.start(
              Map.of(),
              bound,
              List.of("-Xmx128m"),
              Connecting.class,
              url(data.resolve("my.duckdb"), replica))) {
        lines = child.join();
      }
      assertThat(String.join("\n", lines))
          .contains(refused.toString())
          .containsAnyOf("write permission in the database's directory", "permission denied");
      assertThat(data.resolve("my.duckdb")).doesNotExist();
      Files.setPosixFilePermissions(refused, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** Connects, and prints what that says. */
  static final class Connecting {
    private Connecting() {}

    public static void main(String[] arguments) {
      try {
        DriverManager.getConnection(arguments[0]).close();
        System.out.println("connected");
      } catch (SQLException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void aReplicaThatCannotBeWrittenTo_isNamed_andUsedWhenItCan() throws Exception {
    Path replica = Files.createDirectory(directory.resolve("replica"));
    String url = url(directory.resolve("my.duckdb"));
    try (SmallDisk.Immutable immutable = SmallDisk.immutable(replica)) {
      assertThat(immutable.path()).isDirectory();
      assertThat(refusal(url))
          .hasCauseInstanceOf(StoreAccessException.class)
          .hasMessageContainingAll(replica.toString(), "immutable");
    }
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      run(connection, "CHECKPOINT");
      try (SmallDisk.Immutable immutable = SmallDisk.immutable(replica.resolve("db/log"))) {
        assertThat(immutable.path()).isDirectory();
        run(connection, "INSERT INTO t VALUES (1)");
        assertThatThrownBy(() -> Haduck.sync(connection))
            .isInstanceOf(ReplicationPendingException.class)
            .hasMessageContainingAll(replica.toString(), "immutable");
      }
      awaitSync(connection);
    }
    Haduck.shutdown();
    assertThat(rowsOnTheReplica(url, "t")).isEqualTo(1001);
  }
}
