package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real DuckDB databases and a replica in a directory, through JDBC alone. */
final class ReplicationTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
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

  private Connection connect(String name, String... options) throws SQLException {
    return DriverManager.getConnection(url(name, options));
  }

  @Test
  void checkpoint_thenLoseTheDisk_thenConnect_givesEverythingBack() throws Exception {
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(100_000)");
      run(connection, "CHECKPOINT");
      assertThat(status(connection).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      assertThat(status(connection).seq()).isPositive();
    }
    loseTheDisk(directory);
    try (Connection connection = connect("a.duckdb")) {
      assertThat(number(connection, "SELECT sum(a) FROM t")).isEqualTo(4_999_950_000L);
    }
  }

  @Test
  void lastClose_shipsWhatDuckDbWroteWhileClosing() throws Exception {
    try (Connection first = connect("a.duckdb", ";haduck.linger=0s");
        Connection second = connect("a.duckdb", ";haduck.linger=0s")) {
      run(first, "CREATE TABLE t (a INTEGER)");
      run(second, "INSERT INTO t VALUES (1), (2)");
    }
    loseTheDisk(directory);
    try (Connection connection = connect("a.duckdb", ";haduck.linger=0s")) {
      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(2);
    }
  }

  @Test
  void reopening_whileItLingers_goesOnAtTheSameSeq() throws SQLException {
    long epoch;
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      epoch = status(connection).epoch();
    }
    for (int i = 1; i <= 5; i++) {
      try (Connection connection = connect("a.duckdb")) {
        run(connection, "INSERT INTO t VALUES (" + i + ")");
        assertThat(status(connection).epoch()).isEqualTo(epoch);
        assertThat(status(connection).missedIterations()).isZero();
      }
    }
    Haduck.shutdown();
    try (Connection connection = connect("a.duckdb")) {
      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo(5);
      assertThat(status(connection).epoch()).isEqualTo(epoch + 1);
    }
  }

  @Test
  void twoDatabases_areTwoReplicas() throws Exception {
    try (Connection a = connect("a.duckdb");
        Connection b = connect("b.duckdb")) {
      run(a, "CREATE TABLE t AS SELECT 1 AS x");
      run(b, "CREATE TABLE t AS SELECT 2 AS x");
    }
    loseTheDisk(directory);
    try (Connection a = connect("a.duckdb");
        Connection b = connect("b.duckdb")) {
      assertThat(number(a, "SELECT x FROM t")).isEqualTo(1);
      assertThat(number(b, "SELECT x FROM t")).isEqualTo(2);
    }
  }

  @Test
  void twoFiles_ofOneReplica_areRefused_butASuccessorIsNot() throws Exception {
    Files.createDirectory(file("other"));
    try (Connection connection = connect("a.duckdb", ";haduck.name=db")) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS x");
      assertThatThrownBy(() -> connect("b.duckdb", ";haduck.name=db"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining(file("a.duckdb").toString())
          .hasMessageContaining("file:" + file("replica") + "/db");
    }
    try (Connection connection = connect("other/b.duckdb", ";haduck.name=db")) {
      assertThat(number(connection, "SELECT x FROM t")).isEqualTo(1);
    }
  }

  @Test
  void replicaFromASystemProperty_servesOneDatabase() throws Exception {
    System.setProperty("haduck.replica", "file:" + file("replica"));
    try (Connection a = DriverManager.getConnection("jdbc:haduck:" + file("a.duckdb"))) {
      assertThat(status(a).replica()).endsWith("/replica/a.duckdb");
      assertThatThrownBy(() -> DriverManager.getConnection("jdbc:haduck:" + file("b.duckdb")))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining(
              "haduck.replica from a system property serves one database per JVM");
      connect("b.duckdb").close();
      DriverManager.getConnection("jdbc:haduck:").close();
    } finally {
      System.clearProperty("haduck.replica");
    }
  }

  @Test
  void anotherWriter_fencesThisOne() throws Exception {
    Files.createDirectory(file("other"));
    Connection connection = connect("a.duckdb", ";haduck.lease=off");
    run(connection, "CREATE TABLE t AS SELECT 1 AS x");
    run(connection, "CHECKPOINT");
    takeOver();
    run(connection, "INSERT INTO t VALUES (2)");
    assertFenced(() -> run(connection, "CHECKPOINT"));
    assertFenced(() -> run(connection, "SELECT 1"));
    assertFenced(() -> connect("a.duckdb", ";haduck.lease=off"));
    assertThat(connection.isValid(1)).isFalse();
    assertFenced(connection::close);
    assertThat(connection.isClosed()).isTrue();
    assertFenced(() -> connect("a.duckdb", ";haduck.lease=off"));
    Haduck.shutdown();
    assertThatThrownBy(() -> connect("a.duckdb", ";haduck.lease=off"))
        .isInstanceOf(SQLException.class)
        .hasCauseInstanceOf(DivergedException.class);
  }

  private static void assertFenced(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLNonTransientConnectionException.class)
        .hasCauseInstanceOf(FencedException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"));
  }

  /** As another machine would: the same replica, another disk, another process. */
  private void takeOver() throws Exception {
    String otherUrl =
        "jdbc:haduck:"
            + file("other/a.duckdb")
            + ";haduck.name=a.duckdb;haduck.lease=off;haduck.replica=file:"
            + file("replica");
    try (ChildJvm other = ChildJvm.start("-Xmx250m", OtherWriter.class, otherUrl)) {
      other.awaitLine("CLOSED");
      other.join();
    }
  }

  /** Opens a database, closes it and says so. */
  static final class OtherWriter {
    private OtherWriter() {}

    public static void main(String[] arguments) throws SQLException {
      DriverManager.getConnection(arguments[0]).close();
      System.out.println("CLOSED");
    }
  }

  @Test
  void listeners_areToldOfCommits_failures_recovery_andTheEnd() throws Exception {
    Files.createDirectory(file("other"));
    var listener = new RecordingListener();
    var removed = new RecordingListener();
    var dataSource =
        new HaduckDataSource(url("a.duckdb", ";haduck.lease=off;haduck.sync_interval=10ms"));
    dataSource.setListener(listener);
    Connection connection = dataSource.getConnection();
    Haduck.addListener(connection, removed);
    Haduck.removeListener(connection, removed);
    run(connection, "CREATE TABLE t AS SELECT 1 AS x");
    Haduck.sync(connection);
    long seq = status(connection).seq();
    await()
        .untilAsserted(
            () -> assertThat(listener.commits).extracting(CommitReceipt::seq).contains(seq));
    Files.move(file("replica"), file("replica-away"));
    Files.writeString(file("replica"), "no directory");
    run(connection, "INSERT INTO t VALUES (2)");
    await().untilAsserted(() -> assertThat(listener.states).containsExactly("failing"));
    Files.delete(file("replica"));
    Files.move(file("replica-away"), file("replica"));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(listener.states).containsExactly("failing", "recovered"));
    takeOver();
    run(connection, "INSERT INTO t VALUES (3)");
    await()
        .untilAsserted(
            () -> assertThat(listener.states).containsExactly("failing", "recovered", "fenced"));
    assertThat(removed.commits).isEmpty();
    assertFenced(connection::close);
  }

  @Test
  void facade_restore_makesAFileFromTheReplica() throws Exception {
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS x");
    }
    try (ObjectStore replica = Haduck.replica(url("a.duckdb"), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, file("copy.duckdb")));
      assertThatThrownBy(() -> Haduck.restore(RestoreRequest.latest(replica, file("copy.duckdb"))))
          .hasMessageContaining("copy.duckdb");
      Haduck.restore(RestoreRequest.latest(replica, file("a.duckdb")).overwriting());
    }
    try (Connection copy = DriverManager.getConnection("jdbc:duckdb:" + file("copy.duckdb"))) {
      assertThat(number(copy, "SELECT x FROM t")).isEqualTo(1);
    }
    try (Connection connection = connect("a.duckdb")) {
      assertThat(number(connection, "SELECT x FROM t")).isEqualTo(1);
    }
  }

  @Test
  void hikari_withManyWritersAndCheckpoints_losesNothing() throws Exception {
    var config = new HikariConfig();
    config.setJdbcUrl(url("a.duckdb"));
    config.setMaximumPoolSize(4);
    int writers = 4;
    int rows = 50;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      try (Connection connection = pool.getConnection()) {
        run(connection, "CREATE TABLE t (writer INTEGER, n INTEGER)");
      }
      var start = new CountDownLatch(1);
      var done = new ArrayList<Future<?>>();
      for (int writer = 0; writer < writers; writer++) {
        int id = writer;
        done.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int n = 0; n < rows; n++) {
                    try (Connection connection = pool.getConnection();
                        PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
                      insert.setInt(1, id);
                      insert.setInt(2, n);
                      insert.execute();
                      if (n % 10 == 0) {
                        Haduck.checkpoint(connection);
                      }
                    }
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    Haduck.shutdown();
    loseTheDisk(directory);
    try (Connection connection = connect("a.duckdb")) {
      assertThat(number(connection, "SELECT count(*) FROM t")).isEqualTo((long) writers * rows);
    }
  }

  @Test
  void dataSource_connectsByItsBeanProperties() throws Exception {
    var dataSource = new HaduckDataSource();
    dataSource.setDatabase(file("a.duckdb").toString());
    dataSource.setReplica("file:" + file("replica"));
    dataSource.setName("by-bean");
    dataSource.setS3SecretKey("wJalrXUtnFEMI");
    assertThat(dataSource.toString()).contains("a.duckdb").doesNotContain("wJalrXUtnFEMI");
    try (Connection connection = dataSource.getConnection()) {
      assertThat(status(connection).replica()).endsWith("/replica/by-bean");
      assertThat(connection.getMetaData().getURL()).doesNotContain("haduck.");
    }
    var config = new HikariConfig();
    config.setDataSourceClassName(HaduckDataSource.class.getName());
    config.addDataSourceProperty("url", "jdbc:haduck:" + file("b.duckdb"));
    config.addDataSourceProperty("replica", "file:" + file("replica"));
    try (HikariDataSource pool = new HikariDataSource(config);
        Connection connection = pool.getConnection()) {
      assertThat(status(connection).replica()).endsWith("/replica/b.duckdb");
    }
  }

  @Test
  void unwrappedWrites_areSeen_withoutAnyStatement() throws SQLException {
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "CHECKPOINT");
      long seq = status(connection).seq();
      try (var appender =
          connection.unwrap(org.duckdb.DuckDBConnection.class).createAppender("t")) {
        for (int i = 0; i < 1000; i++) {
          appender.beginRow();
          appender.append(i);
          appender.endRow();
        }
      }
      try (Connection plain = connection.unwrap(org.duckdb.DuckDBConnection.class).duplicate()) {
        run(plain, "CHECKPOINT");
      }
      await().untilAsserted(() -> assertThat(status(connection).seq()).isGreaterThan(seq));
    }
  }

  @Test
  void lastClose_withTheDatabaseStillOpenElsewhere_shipsTheWal() throws Exception {
    Connection plain;
    try (Connection connection = connect("a.duckdb")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      plain = connection.unwrap(org.duckdb.DuckDBConnection.class).duplicate();
    } finally {
      Haduck.shutdown();
    }
    plain.close();
    loseTheDisk(directory);
    try (Connection connection = connect("a.duckdb")) {
      assertThat(number(connection, "SELECT count(*) FROM t")).isZero();
    }
  }

  @Test
  void anInterruptedCheckpoint_isPending_andTheFlagStays() throws SQLException {
    Path replica = directory.resolve("faulty");
    String url =
        "jdbc:haduck:"
            + directory.resolve("a.duckdb")
            + ";haduck.replica="
            + FaultyStores.url(replica);
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      FaultInjectingStore store = FaultyStores.opened(replica.resolve("a.duckdb"));
      store.outage(true); // else it may be there before anybody has waited
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
            .isInstanceOf(ReplicationPendingException.class)
            .hasMessageContaining("interrupted");
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
      store.heal();
      Haduck.sync(connection);
    }
  }
}
