package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.OtherProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody deletes, replaces, renames or truncates files under a running process: it is noticed and
 * said, nothing is sent that mixes two files, and what was on the replica stays there.
 */
final class TamperedFilesTest {
  @TempDir Path directory;
  private Path data;
  private Path database;
  private Path wal;
  private String url;
  private final List<Connection> connections = new ArrayList<>();

  @BeforeEach
  void name() throws IOException {
    data = Files.createDirectory(directory.resolve("data"));
    database = data.resolve("my.duckdb");
    wal = data.resolve("my.duckdb.wal");
    url =
        "jdbc:haduck:"
            + database
            + ";haduck.sync_timeout=2s;haduck.sync_interval=50ms;haduck.replica=file:"
            + directory.resolve("replica");
  }

  /** What a failed test leaves open would hold up every other test of this JVM. */
  @AfterEach
  void shutDown() {
    for (Connection connection : connections) {
      try {
        connection.close();
      } catch (SQLException expected) {
        // its replica cannot follow
      }
    }
    Haduck.shutdown();
  }

  private Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    connections.add(connection);
    return connection;
  }

  /** A database with 1000 rows in its blocks and one in its WAL, all on the replica. */
  private Connection begun() throws SQLException {
    Connection connection = connect();
    run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    run(connection, "CHECKPOINT");
    run(connection, "INSERT INTO t VALUES (1000)");
    Haduck.sync(connection);
    return connection;
  }

  /** What a new machine would have. */
  private long rowsOnTheReplica() throws SQLException {
    Path restored = directory.resolve("restored-" + UUID.randomUUID() + ".duckdb");
    try (ObjectStore store = Haduck.replica(url, new Properties())) {
      Haduck.restore(RestoreRequest.latest(store, restored));
    }
    return rowsOf(restored);
  }

  private static long rowsOf(Path file) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return count(plain, "t");
    }
  }

  private static void assertPending(Connection connection, String... said) {
    ReplicationPendingException pending =
        catchThrowableOfType(ReplicationPendingException.class, () -> Haduck.sync(connection));
    assertThat((Throwable) pending).isNotNull().hasMessageContainingAll(said);
  }

  /** It goes on by itself; how soon, its backoff decides. */
  private static void awaitSync(Connection connection) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .untilAsserted(() -> Haduck.sync(connection));
  }

  /** Whatever closing says of the replica, the connection is closed. */
  private static void close(Connection connection) throws SQLException {
    try {
      connection.close();
    } catch (ReplicationPendingException expected) {
      assertThat(connection.isClosed()).isTrue();
    }
    Haduck.shutdown();
  }

  private static void assertFailing(Connection connection, String said) throws SQLException {
    ReplicatorStatus status = Haduck.status(connection).replication().orElseThrow();
    assertThat(status.state()).isEqualTo(ReplicatorStatus.State.FAILING);
    assertThat(status.lastError()).contains(said);
    assertThat(status.failingSince()).isNotNull();
  }

  @Test
  void aDeletedDatabase_isNoticed_andRestoredByOpeningAnew() throws Exception {
    Connection connection = begun();
    Files.delete(database);
    run(connection, "INSERT INTO t VALUES (1001)");
    assertPending(connection, database.toString(), "deleted or replaced");
    assertFailing(connection, "deleted or replaced");
    assertThat(count(connection, "t")).isEqualTo(1002);
    assertThat(rowsOnTheReplica()).isEqualTo(1001);
    close(connection);
    Files.deleteIfExists(wal);
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isEqualTo(1001);
    }
  }

  @Test
  void aReplacedDatabase_isNoticed_andNeitherIsSentNorLost() throws Exception {
    Path other = data.resolve("other.duckdb");
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + other)) {
      run(plain, "CREATE TABLE t AS SELECT range AS a FROM range(7)");
    }
    Connection connection = begun();
    Path first = Files.createLink(data.resolve("first.duckdb"), database);
    Files.move(other, database, StandardCopyOption.ATOMIC_MOVE);
    run(connection, "INSERT INTO t VALUES (1001)");
    assertPending(connection, database.toString(), "deleted or replaced");
    run(connection, "INSERT INTO t VALUES (1002)");
    assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
        .isInstanceOf(ReplicationPendingException.class);
    assertFailing(connection, "deleted or replaced");
    assertThat(OtherProcess.canOpen(first)).isFalse();
    assertThat(rowsOnTheReplica()).isEqualTo(1001);
    close(connection);
    assertThatThrownBy(this::connect).hasMessageContaining("its content was replaced");
    assertThat(rowsOf(database)).isEqualTo(7);
    Files.move(first, database, StandardCopyOption.ATOMIC_MOVE);
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isEqualTo(1003);
      Haduck.sync(again);
    }
    Haduck.shutdown();
    assertThat(rowsOnTheReplica()).isEqualTo(1003);
  }

  @Test
  void aCopyInPlaceOfTheDatabase_isNoticed_evenWithEqualHeaders() throws Exception {
    Connection connection = begun();
    close(connection);
    Path copy = Files.copy(database, data.resolve("copy.duckdb"));
    Connection again = connect();
    Files.move(copy, database, StandardCopyOption.ATOMIC_MOVE);
    run(again, "INSERT INTO t VALUES (1001)");
    assertPending(again, database.toString(), "deleted or replaced");
    assertThat(rowsOnTheReplica()).isEqualTo(1001);
    close(again);
  }

  @Test
  void aRenamedDatabase_isNoticed_andGoesOnWhenItIsBack() throws Exception {
    Path elsewhere = data.resolve("elsewhere.duckdb");
    try (Connection connection = begun()) {
      Files.move(database, elsewhere);
      run(connection, "INSERT INTO t VALUES (1001)");
      assertPending(connection, database.toString(), "deleted or replaced");
      assertThat(OtherProcess.canOpen(elsewhere)).isFalse();
      Files.move(elsewhere, database);
      awaitSync(connection);
      assertThat(OtherProcess.canOpen(database)).isFalse();
    }
    Haduck.shutdown();
    assertThat(rowsOnTheReplica()).isEqualTo(1002);
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isEqualTo(1002);
    }
  }

  @Test
  void aTruncatedDatabase_sendsNothing_andTheReplicaRestoresIt() throws Exception {
    Connection connection = begun();
    // Of the plain file; no other descriptor of this process may be closed on it (lock trap).
    assertThat(new ProcessBuilder("truncate", "-s", "0", database.toString()).start().waitFor())
        .isZero();
    try {
      run(connection, "INSERT INTO t VALUES (1001)");
    } catch (SQLException expectedNowAndThen) {
      // DuckDB may notice or not.
    }
    assertPending(connection, database.toString());
    try {
      close(connection);
    } catch (SQLException expectedNowAndThen) {
      // DuckDB may not be able to close it.
      Haduck.shutdown();
    }
    assertThat(rowsOnTheReplica()).isGreaterThanOrEqualTo(1001);
    Files.deleteIfExists(wal);
    if (Files.size(database) == 0) {
      assertThatThrownBy(this::connect).hasMessageContaining("is an empty file");
    }
    Files.deleteIfExists(database);
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isGreaterThanOrEqualTo(1001);
    }
  }

  @Test
  void aDeletedWal_takesNothingFromTheReplica_andACheckpointMendsIt() throws Exception {
    try (Connection connection = begun()) {
      Files.delete(wal);
      run(connection, "INSERT INTO t VALUES (1001)");
      assertPending(connection, wal.toString(), "CHECKPOINT");
      assertThat(rowsOnTheReplica()).isEqualTo(1001);
      run(connection, "CHECKPOINT");
      run(connection, "INSERT INTO t VALUES (1002)");
      Haduck.sync(connection);
      assertThat(rowsOnTheReplica()).isEqualTo(1003);
    }
    Haduck.shutdown();
    assertThat(rowsOf(database)).isEqualTo(1003);
  }

  @Test
  void aDeletedDirectory_isNoticed_andRestoredOnceItIsThereAgain() throws Exception {
    Connection connection = begun();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    try {
      run(connection, "INSERT INTO t VALUES (1001)");
    } catch (SQLException expectedNowAndThen) {
      // DuckDB has its WAL open, or not yet.
    }
    assertPending(connection, database.toString(), "deleted or replaced");
    try {
      close(connection);
    } catch (SQLException expectedNowAndThen) {
      Haduck.shutdown();
    }
    assertThatThrownBy(this::connect).hasMessageContaining("create it first");
    Files.createDirectory(data);
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isEqualTo(1001);
    }
  }

  @Test
  void aReplicaThatVanishes_isNotBegunAnew_andGoesOnWhenItIsBack() throws Exception {
    Path replica = directory.resolve("replica/my.duckdb");
    Path elsewhere = directory.resolve("unmounted");
    try (Connection connection = begun()) {
      Files.move(replica, elsewhere);
      run(connection, "INSERT INTO t VALUES (1001)");
      assertPending(connection, replica.toString(), "deleted, moved or unmounted");
      assertThat(replica).doesNotExist();
      Files.createDirectories(replica.resolve("log")); // what lies below the mount point
      run(connection, "INSERT INTO t VALUES (1002)");
      assertPending(connection, replica.toString(), "deleted, moved or unmounted");
      Files.delete(replica.resolve("log"));
      Files.delete(replica);
      Files.move(elsewhere, replica);
      awaitSync(connection);
    }
    Haduck.shutdown();
    assertThat(rowsOnTheReplica()).isEqualTo(1003);
  }

  @Test
  void aRecordThatIsGone_isWrittenAnew_andItsDatabaseKnownByItsContent() throws Exception {
    Path record = data.resolve("my.duckdb.haduck");
    for (String content : List.of("", "garbage", "\0\0\0\0")) {
      try (Connection connection = connect()) {
        run(connection, "CREATE OR REPLACE TABLE t AS SELECT range AS a FROM range(10)");
        Haduck.sync(connection);
        Files.writeString(record, content);
        run(connection, "CHECKPOINT");
      }
      Haduck.shutdown();
      assertThat(Files.readString(record)).startsWith("haduck-record");
    }
    for (String content : List.of("", "garbage", Files.readString(record).substring(0, 300))) {
      Files.writeString(record, content);
      try (Connection again = connect()) {
        assertThat(count(again, "t")).isEqualTo(10);
      }
      Haduck.shutdown();
      assertThat(Files.readString(record)).startsWith("haduck-record");
    }
  }

  @Test
  void directoriesInTheWayOfOurFiles_areNamed() throws Exception {
    Path record = data.resolve("my.duckdb.haduck");
    Path lock = data.resolve("my.duckdb.haduck-lock");
    Files.createDirectory(lock);
    assertThatThrownBy(this::connect)
        .hasMessageContainingAll(lock.toString(), "is a directory", "move it away");
    Files.delete(lock);
    Files.createDirectory(record);
    assertThatThrownBy(this::connect)
        .hasMessageContainingAll(record.toString(), "is a directory", "move it away");
    assertThat(database).doesNotExist();
    Files.delete(record);
    try (Connection connection = begun()) {
      Files.delete(record);
      Files.createDirectories(record.resolve("full"));
      run(connection, "CREATE TABLE u AS SELECT range AS a FROM range(1000)");
      try {
        run(connection, "CHECKPOINT"); // its intent may still go to the record that was open
      } catch (ReplicationPendingException expectedNowAndThen) {
        assertThat((Throwable) expectedNowAndThen).hasMessageContaining(record.toString());
      }
      run(connection, "INSERT INTO t VALUES (1001)");
      assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining(record.toString());
      Files.delete(record.resolve("full"));
      Files.delete(record);
      awaitSync(connection);
    }
    Haduck.shutdown();
    assertThat(rowsOnTheReplica()).isEqualTo(1002);
  }

  @Test
  void links_leadToOneDatabase() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link.duckdb"), database);
    String byLink = url.replace(database.toString(), link.toString()) + ";haduck.name=my.duckdb";
    try (Connection first = DriverManager.getConnection(byLink); // the link dangles
        Connection second = DriverManager.getConnection(url + ";haduck.name=my.duckdb")) {
      run(first, "CREATE TABLE t AS SELECT 1 AS a");
      assertThat(Haduck.status(second).connections()).isEqualTo(2);
      assertThat(database).isRegularFile();
      Path hard = Files.createLink(data.resolve("hard.duckdb"), database);
      assertThatThrownBy(
              () -> DriverManager.getConnection(url.replace(database.toString(), hard.toString())))
          .hasMessageContainingAll(database.toString(), hard.toString(), "hard links to one file");
    }
    Path loop = directory.resolve("loop.duckdb");
    Files.createSymbolicLink(loop, loop);
    assertThatThrownBy(
            () -> DriverManager.getConnection(url.replace(database.toString(), loop.toString())))
        .hasMessageContaining("too many symbolic links");
  }

  @Test
  void aRecordThatCannotBeAppendedTo_isWrittenAnew() throws Exception {
    try (Connection connection = begun()) {
      Path record = data.resolve("my.duckdb.haduck");
      try (FileChannel channel = FileChannel.open(record, StandardOpenOption.WRITE)) {
        channel.truncate(100);
      }
      run(connection, "INSERT INTO t VALUES (1001)");
      Haduck.sync(connection);
      run(connection, "CHECKPOINT");
    }
    Haduck.shutdown();
    try (Connection again = connect()) {
      assertThat(count(again, "t")).isEqualTo(1002);
    }
  }
}
