package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;

/**
 * {@code durability=commit} while the store is away, and something is pending already, so that
 * every wait fails: what returns has not waited, what commits is pending, and nothing is called
 * committed that is not. When the store is back, everything that was committed is on the replica.
 */
abstract class StoreAway {
  static final String INSERT = "INSERT INTO t VALUES (2)";

  @TempDir Path directory;

  Connection connection;
  Connection other;

  /** What a case does; its calls say what each is to come to. */
  @FunctionalInterface
  interface Script {
    void run(StoreAway on) throws Exception;
  }

  @FunctionalInterface
  interface Call {
    void run() throws SQLException;
  }

  @BeforeEach
  void takeTheStoreAway() throws Exception {
    await().ignoreExceptions().until(() -> (connection = connect()) != null);
    other = connect();
    for (String sql :
        List.of(
            "CREATE TABLE t (x INTEGER PRIMARY KEY)",
            "INSERT INTO t VALUES (1)",
            "CREATE SEQUENCE s",
            "CREATE VIEW v AS SELECT nextval('s') AS n",
            "CREATE MACRO m() AS nextval('s')")) {
      thrownBy(() -> Sql.run(connection, sql)); // it may be pending on a slow machine
    }
    await().untilAsserted(() -> quiet(() -> Haduck.sync(connection)));
    Files.move(directory.resolve("replica"), directory.resolve("away"));
    pending(() -> Sql.run(other, "INSERT INTO t VALUES (100)"));
  }

  @AfterEach
  void endReplication() {
    thrownBy(connection::close);
    thrownBy(other::close);
    Haduck.shutdown();
  }

  String url() {
    return "jdbc:haduck:"
        + directory.resolve("a.duckdb")
        + ";haduck.replica=file:"
        + directory.resolve("replica")
        + ";haduck.durability=commit;haduck.sync_timeout=150ms;haduck.linger=0s";
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  static List<Integer> rows(Connection on) throws SQLException {
    try (Statement statement = on.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT x FROM t ORDER BY x")) {
      var rows = new ArrayList<Integer>();
      while (resultSet.next()) {
        rows.add(resultSet.getInt(1));
      }
      return rows;
    }
  }

  boolean isCommitted(int row) throws SQLException {
    return rows(other).contains(row);
  }

  // --- what a call comes to

  static @Nullable Throwable thrownBy(Call call) {
    try {
      call.run();
      return null;
    } catch (SQLException e) {
      return e;
    }
  }

  /** Succeeds and does not wait. */
  static void quiet(Call call) {
    assertThat(thrownBy(call)).isNull();
  }

  void quiet(String sql) {
    quiet(() -> Sql.run(connection, sql));
  }

  /** Has committed, and says so. */
  static void pending(Call call) {
    assertThat(thrownBy(call))
        .isInstanceOf(ReplicationPendingException.class)
        .hasMessageStartingWith("committed locally");
  }

  void pending(String sql) {
    pending(() -> Sql.run(connection, sql));
  }

  /** Waits for what it may have committed, and does not say that it has. */
  static void doubtful(Call call) {
    assertThat(thrownBy(call))
        .isInstanceOf(ReplicationPendingException.class)
        .hasMessageStartingWith("not yet on the replica")
        .hasMessageContaining("committed only if the transaction of this connection is");
  }

  /** Has committed; who has DuckDB's connection may have spoiled that, so it is not said. */
  static void pendingOrDoubtful(Call call) {
    assertThat(thrownBy(call)).isInstanceOf(ReplicationPendingException.class);
  }

  /** Fails, by DuckDB. */
  void fails(String sql) {
    assertThat(thrownBy(() -> Sql.run(connection, sql)))
        .isNotNull()
        .isNotInstanceOf(ReplicationPendingException.class);
  }

  /** Does not wait, whatever DuckDB says of it: on some lines a failure aborts the transaction. */
  void quietOrFails(String sql) {
    assertThat(thrownBy(() -> Sql.run(connection, sql)) instanceof ReplicationPendingException)
        .isFalse();
  }

  static Arguments of(String name, Script script) {
    return arguments(name, script);
  }

  /** Runs a case, gives the store back, and compares what is on the replica then. */
  void onlyWhatIsCommittedWaits(Script script) throws Exception {
    script.run(this);
    thrownBy(() -> connection.rollback());
    List<Integer> rows = rows(other);
    Files.move(directory.resolve("away"), directory.resolve("replica"));
    thrownBy(other::close);
    await().untilAsserted(() -> quiet(() -> Haduck.sync(connection)));
    Path copy = directory.resolve("copy.duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, copy));
    }
    try (Connection restored = DriverManager.getConnection("jdbc:duckdb:" + copy)) {
      assertThat(rows(restored)).isEqualTo(rows);
    }
  }
}
