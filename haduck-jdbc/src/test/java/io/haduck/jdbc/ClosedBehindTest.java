package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.internal.OtherProcess;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that whoever unwrapped them closes, without our being told. */
@Tag("compat")
@Timeout(120)
final class ClosedBehindTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
    assertThat(OfThisJvm.databases().all()).isEmpty();
  }

  /** Every way to DuckDB's own connection. */
  enum Way {
    CONNECTION {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper.unwrap(DuckDBConnection.class);
      }
    },
    STATEMENT {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper.createStatement().unwrap(DuckDBPreparedStatement.class).getConnection();
      }
    },
    PREPARED_STATEMENT {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper
            .prepareStatement("SELECT 1")
            .unwrap(DuckDBPreparedStatement.class)
            .getConnection();
      }
    },
    RESULT {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper
            .createStatement()
            .executeQuery("SELECT 1")
            .unwrap(DuckDBResultSet.class)
            .getStatement()
            .getConnection();
      }
    },
    METADATA {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper
            .getMetaData()
            .unwrap(org.duckdb.DuckDBDatabaseMetaData.class)
            .getConnection();
      }
    },
    RESULT_OF_METADATA {
      @Override
      Connection from(Connection wrapper) throws SQLException {
        return wrapper
            .getMetaData()
            .getCatalogs()
            .unwrap(DuckDBResultSet.class)
            .getStatement()
            .getConnection();
      }
    };

    abstract Connection from(Connection wrapper) throws SQLException;
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String url(String name, String... options) {
    return "jdbc:haduck:"
        + file(name)
        + ";haduck.replica=file:"
        + file("replica")
        + String.join("", options);
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(url("a.duckdb", options));
  }

  private List<Path> open() {
    return OfThisJvm.databases().all().stream()
        .map(OpenDatabase::path)
        .filter(path -> path.startsWith(directory))
        .toList();
  }

  private void awaitReleased(String name) throws Exception {
    await().until(() -> !open().contains(file(name)));
    assertThat(OtherProcess.canOpen(file(name))).isTrue();
    assertLockIsFree(name);
  }

  /** In this JVM nobody has it, or this throws. */
  private void assertLockIsFree(String name) throws Exception {
    try (FileChannel channel =
        FileChannel.open(file(name + ".haduck-lock"), StandardOpenOption.WRITE)) {
      assertThat(channel.tryLock()).isNotNull();
    }
  }

  private void assertRestores(String name, long rows) throws Exception {
    Haduck.shutdown();
    assertThat(open()).isEmpty();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path lost : files.filter(Files::isRegularFile).toList()) {
        Files.delete(lost);
      }
    }
    try (Connection restored = DriverManager.getConnection(url(name))) {
      assertThat(count(restored, "t")).isEqualTo(rows);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void close_byUnwrapped_isNoticed_shippedAndReleased(Way way) throws Exception {
    Connection raw = way.from(connect(";haduck.linger=0s", ";haduck.sync_interval=1h"));
    run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
    raw.close();
    awaitReleased("a.duckdb");
    assertRestores("a.duckdb", 1000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"async", "checkpoint", "commit"})
  void close_byUnwrapped_beginsToLinger_andShutdownReleases(String durability) throws Exception {
    try (DuckDBConnection raw =
        connect(";haduck.durability=" + durability, ";haduck.linger=1h")
            .unwrap(DuckDBConnection.class)) {
      run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
    }
    Haduck.shutdown();
    awaitReleased("a.duckdb");
    if (!durability.equals("async")) {
      assertRestores("a.duckdb", 1000);
    }
  }

  @Test
  void close_byUnwrapped_lingersAndGoesOnSending() throws Exception {
    try (DuckDBConnection raw =
        connect(";haduck.linger=1s", ";haduck.sync_interval=50ms").unwrap(DuckDBConnection.class)) {
      run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
    }
    awaitReleased("a.duckdb");
    assertRestores("a.duckdb", 10);
  }

  @Test
  void close_byUnwrapped_withTheStoreAway_releases_andTheNextOpeningSends() throws Exception {
    DuckDBConnection raw =
        connect(";haduck.linger=0s", ";haduck.sync_timeout=200ms").unwrap(DuckDBConnection.class);
    run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
    await()
        .ignoreExceptions()
        .until(
            () -> {
              try (Stream<Path> log = Files.list(file("replica/a.duckdb/log"))) {
                return log.findAny().isPresent();
              }
            });
    Files.move(file("replica"), file("away"));
    run(raw, "INSERT INTO t VALUES (11)");
    raw.close();
    awaitReleased("a.duckdb");
    Files.move(file("away"), file("replica"));
    try (Connection again = connect()) {
      Haduck.sync(again);
    }
    assertRestores("a.duckdb", 11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ofTwo_whicheverIsTheLast(boolean properlyFirst) throws Exception {
    Connection one = connect(";haduck.linger=0s");
    Connection two = connect(";haduck.linger=0s");
    run(two, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
    DuckDBConnection raw = one.unwrap(DuckDBConnection.class);
    if (properlyFirst) {
      two.close();
      assertThat(open()).contains(file("a.duckdb"));
      raw.close();
    } else {
      raw.close();
      await().until(() -> Haduck.status(two).connections() == 1);
      assertThat(count(two, "t")).isEqualTo(5);
      two.close();
    }
    awaitReleased("a.duckdb");
    assertThatCode(one::close).doesNotThrowAnyException();
    assertThat(one.isClosed()).isTrue();
    assertRestores("a.duckdb", 5);
  }

  @Test
  void theWrapperClosedAfterwards_waitsAsEver() throws Exception {
    Connection wrapper = connect(";haduck.linger=0s", ";haduck.sync_timeout=200ms");
    run(wrapper, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
    Haduck.sync(wrapper);
    DuckDBConnection raw = wrapper.unwrap(DuckDBConnection.class);
    Files.move(file("replica"), file("away"));
    run(raw, "INSERT INTO t VALUES (6)");
    raw.close();
    assertThatThrownBy(wrapper::close).isInstanceOf(ReplicationPendingException.class);
    Files.move(file("away"), file("replica"));
    awaitReleased("a.duckdb");
  }

  @Test
  void aDuplicateThatIsOpen_keepsTheDatabase_andWhatItCommitsIsSent() throws Exception {
    DuckDBConnection raw =
        connect(";haduck.linger=0s", ";haduck.sync_interval=50ms").unwrap(DuckDBConnection.class);
    run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
    try (DuckDBConnection duplicate = raw.duplicate()) {
      raw.close();
      OfThisJvm.databases().retireIfIdle(file("a.duckdb"));
      assertThat(open()).contains(file("a.duckdb"));
      Haduck.shutdown();
      assertThat(open()).contains(file("a.duckdb"));
      run(duplicate, "INSERT INTO t VALUES (6)");
      run(duplicate, "CHECKPOINT");
      run(duplicate, "INSERT INTO t VALUES (7)");
      OpenDatabase database =
          OfThisJvm.databases().all().stream()
              .filter(open -> open.path().equals(file("a.duckdb")))
              .findFirst()
              .orElseThrow();
      long wal = database.status(0).replication().orElseThrow().localWal();
      assertThat(wal).isPositive();
      await().until(() -> database.status(0).replication().orElseThrow().replicatedWal() == wal);
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
    }
    awaitReleased("a.duckdb");
    assertRestores("a.duckdb", 7);
  }

  @Test
  void connectingAgain_whileADuplicateIsOpen_andAfterTheLastClose() throws Exception {
    DuckDBConnection raw = connect(";haduck.linger=0s").unwrap(DuckDBConnection.class);
    run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
    DuckDBConnection duplicate = raw.duplicate();
    raw.close();
    OfThisJvm.databases().retireIfIdle(file("a.duckdb"));
    DuckDBConnection again = connect(";haduck.linger=0s").unwrap(DuckDBConnection.class);
    run(again, "INSERT INTO t VALUES (6)");
    run(duplicate, "INSERT INTO t VALUES (7)");
    duplicate.close();
    again.close();
    try (Connection last = connect(";haduck.linger=0s", ";haduck.sync_interval=2s")) {
      assertThat(count(last, "t")).isEqualTo(7);
    }
    awaitReleased("a.duckdb");
    assertRestores("a.duckdb", 7);
  }

  @Test
  void attachedDatabases_areClosedWithTheirInstance() throws Exception {
    for (String main : List.of("jdbc:haduck:", "jdbc:haduck::memory:shared", url("m.duckdb"))) {
      Connection wrapper = DriverManager.getConnection(main);
      run(
          wrapper,
          "ATTACH 'haduck:"
              + file("a.duckdb")
              + ";haduck.linger=0s;haduck.replica=file:"
              + file("replica")
              + "' AS a");
      run(wrapper, "CREATE OR REPLACE TABLE a.t AS SELECT range AS i FROM range(5)");
      wrapper.unwrap(DuckDBConnection.class).close();
      awaitReleased("a.duckdb");
    }
    assertRestores("a.duckdb", 5);
  }

  /** What a transaction had attached, whose connection is closed behind our back. */
  @Test
  void attachedInATransaction_isDetachedByTheClose_andReleased() throws Exception {
    try (Connection other = DriverManager.getConnection("jdbc:haduck::memory:shared")) {
      Connection wrapper = DriverManager.getConnection("jdbc:haduck::memory:shared");
      wrapper.setAutoCommit(false);
      run(
          wrapper,
          "ATTACH 'haduck:"
              + file("a.duckdb")
              + ";haduck.linger=0s;haduck.replica=file:"
              + file("replica")
              + "' AS a");
      wrapper.unwrap(DuckDBConnection.class).close();
      run(other, "SELECT 1");
      awaitReleased("a.duckdb");
    }
  }

  @Test
  void manyInstances_leaveNothingBehind() throws Exception {
    List<DuckDBConnection> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      DuckDBConnection raw =
          DriverManager.getConnection(url("m" + i + ".duckdb", ";haduck.linger=0s"))
              .unwrap(DuckDBConnection.class);
      run(raw, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
      all.add(raw);
    }
    for (DuckDBConnection raw : all) {
      raw.close();
    }
    await().until(() -> open().isEmpty());
    Haduck.shutdown();
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(
                        thread -> thread.getName().startsWith("haduck-jdbc") && thread.isAlive()));
    for (int i = 0; i < 12; i++) {
      assertLockIsFree("m" + i + ".duckdb");
    }
  }

  @Test
  void abort_isDuckDbsBusiness_andClosesNothing() throws Exception {
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(5)");
      assertThatThrownBy(() -> connection.abort(Runnable::run))
          .isInstanceOf(SQLFeatureNotSupportedException.class);
      assertThat(count(connection, "t")).isEqualTo(5);
    }
    awaitReleased("a.duckdb");
  }
}
