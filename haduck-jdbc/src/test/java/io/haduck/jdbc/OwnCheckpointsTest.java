package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.DuckDbVersion;
import io.haduck.jdbc.internal.database.OwnCheckpoints;
import io.haduck.jdbc.internal.wrapped.HaduckConnection;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint that haduck asks for is in nobody's way, however long DuckDB takes for it. */
@Tag("compat")
class OwnCheckpointsTest {
  @TempDir Path directory;

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private Connection connect(String name, String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + directory.resolve(name)
            + ";haduck.replica=file:"
            + directory.resolve("replica")
            + String.join("", options));
  }

  private static DatabaseInstance instance(Connection connection) throws SQLException {
    return connection.unwrap(HaduckConnection.class).session().instance();
  }

  private static OwnCheckpoints ownCheckpoints(Connection connection) throws SQLException {
    return instance(connection).databases().ownCheckpoints();
  }

  /** DuckDB 1.4 has nothing to make its checkpoints slow. */
  private static boolean canBeSlow() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      return DuckDbVersion.of(connection).isAtLeast(1, 5);
    }
  }

  private static void slowDown(Connection connection, int millis) throws SQLException {
    run(connection, "SET debug_checkpoint_sleep_ms = " + millis);
  }

  /** Waits until a checkpoint of haduck's own has begun. */
  private static OwnCheckpoints begin(Connection connection) throws SQLException {
    OwnCheckpoints own = ownCheckpoints(connection);
    run(connection, "CREATE OR REPLACE TABLE own AS SELECT range AS a FROM range(300000)");
    long before = own.begun();
    run(connection, "ALTER TABLE own ALTER a TYPE DOUBLE USING a + 1");
    await().pollInterval(Duration.ofMillis(1)).until(() -> own.begun() > before);
    return own;
  }

  /** As {@link #begin}, and until DuckDB is in the middle of it. */
  private static OwnCheckpoints beginSlowly(Connection connection) throws SQLException {
    slowDown(connection, 2000);
    OwnCheckpoints own = begin(connection);
    awaitTheMiddle(own);
    return own;
  }

  private static void awaitTheMiddle(OwnCheckpoints own) {
    await().pollDelay(Duration.ofMillis(300)).until(own::areRunning);
  }

  // --- what the user asks for meanwhile

  private static final String MAKE_HIDDEN =
      "PREPARE hidden AS SELECT * FROM checkpoint(); CREATE VIEW viewed AS SELECT * FROM checkpoint();"
          + " CREATE MACRO macroed() AS TABLE SELECT * FROM checkpoint()";

  @ParameterizedTest
  @ValueSource(strings = {"EXECUTE hidden", "SELECT * FROM viewed", "FROM macroed()", "CHECKPOINT"})
  void hiddenCheckpoint_besideOurOwn_isRunAgain(String sql) throws Exception {
    try (Connection connection = connect("a.duckdb");
        Statement statement = connection.createStatement()) {
      statement.execute(MAKE_HIDDEN);
      if (canBeSlow()) {
        beginSlowly(connection);
      } else {
        begin(connection); // and it is met by chance
      }
      statement.setQueryTimeout(77);
      statement.execute(sql);
      assertThat(statement.getQueryTimeout()).isEqualTo(77);
      assertThat(statement.isClosed()).isFalse();
      statement.execute("SELECT 1");
      begin(connection);
      try (PreparedStatement prepared = connection.prepareStatement(sql)) {
        prepared.execute();
        prepared.execute();
      }
    }
  }

  @Test
  void hiddenCheckpoint_besideOurOwnWithinATransaction_failsAsDuckDbSays() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    try (Connection connection = connect("a.duckdb");
        Connection other = connect("a.duckdb");
        Statement statement = connection.createStatement()) {
      run(connection, "CREATE VIEW viewed AS SELECT * FROM checkpoint()");
      run(connection, "CREATE TABLE t(i INTEGER)");
      OwnCheckpoints own = beginSlowly(other);
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> statement.execute("SELECT * FROM viewed"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Cannot CHECKPOINT");
      assertThat(own.areRunning()).isTrue();
      connection.rollback();
    }
  }

  @Test
  void text_ofSeveralStatements_isNeverRunTwice() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    try (Connection connection = connect("a.duckdb");
        Statement statement = connection.createStatement()) {
      run(connection, "CREATE VIEW viewed AS SELECT * FROM checkpoint()");
      run(connection, "SET VARIABLE runs = 0");
      beginSlowly(connection);
      assertThatThrownBy(
              () ->
                  statement.execute(
                      "SET VARIABLE runs = getvariable('runs') + 1; SELECT * FROM viewed"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Cannot CHECKPOINT");
      try (Statement counting = connection.createStatement();
          var rows = counting.executeQuery("SELECT getvariable('runs')")) {
        rows.next();
        assertThat(rows.getInt(1)).isOne();
      }
    }
  }

  // --- whoever else there is

  @Test
  void checkpoints_ofManyDatabases_keepNobodyElseWaiting() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    List<Connection> slow = new ArrayList<>();
    List<OwnCheckpoints> all = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        Connection connection = connect("slow" + i + ".duckdb");
        slow.add(connection);
        slowDown(connection, 5000);
        run(connection, "CREATE TABLE own(a INTEGER)");
      }
      for (Connection connection : slow) {
        run(connection, "ALTER TABLE own ALTER a TYPE BIGINT USING a + 1");
        all.add(ownCheckpoints(connection));
      }
      await().until(() -> all.stream().allMatch(OwnCheckpoints::areRunning));
      connect("quick.duckdb", ";haduck.linger=20ms").close();
      await().until(() -> !OfThisJvm.databases().isOpen(directory.resolve("quick.duckdb")));
      assertThat(all).allMatch(OwnCheckpoints::areRunning);
    } finally {
      for (Connection connection : slow) {
        connection.close();
      }
    }
  }

  @Test
  void close_besideOurOwn_waitsWithoutTheInstancesLock() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    Connection connection = connect("a.duckdb", ";haduck.linger=0s");
    DatabaseInstance instance = instance(connection);
    OwnCheckpoints own = beginSlowly(connection);
    var closing =
        new Thread(
            () -> {
              try {
                connection.close();
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    closing.start();
    await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    instance.attachments().closing(false); // takes the lock
    assertThat(own.areRunning()).isTrue();
    closing.join();
    assertThat(own.areRunning()).isFalse();
    assertThat(OfThisJvm.databases().isOpen(directory.resolve("a.duckdb"))).isFalse();
  }

  @Test
  void lookForClosed_besideOurOwn_waitsForNothing() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    Connection connection = connect("a.duckdb", ";haduck.linger=0s");
    DatabaseInstance instance = instance(connection);
    OwnCheckpoints own = beginSlowly(connection);
    connection.unwrap(DuckDBConnection.class).close();
    assertThat(instance.life().lookForClosed()).isEmpty();
    assertThat(own.areRunning()).isTrue();
    await().until(() -> !OfThisJvm.databases().isOpen(directory.resolve("a.duckdb")));
    assertThat(own.areRunning()).isFalse();
  }

  @Test
  void connect_afterACloseBehindOurBackBesideOurOwn_opensAnew() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    Connection connection = connect("a.duckdb");
    OwnCheckpoints own = beginSlowly(connection);
    connection.unwrap(DuckDBConnection.class).close();
    try (Connection again = connect("a.duckdb")) {
      assertThat(own.areRunning()).isFalse();
      run(again, "INSERT INTO own VALUES (1)");
      Haduck.sync(again);
    }
  }

  @Test
  void detach_besideOurOwn_closesTheFile() throws Exception {
    assumeThat(canBeSlow()).isTrue();
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      run(
          connection,
          "ATTACH 'haduck:"
              + directory.resolve("a.duckdb")
              + ";haduck.linger=0s;haduck.replica=file:"
              + directory.resolve("replica")
              + "' AS q");
      slowDown(connection, 1000);
      run(connection, "CREATE TABLE q.t(a INTEGER)");
      run(connection, "ALTER TABLE q.t ALTER a TYPE BIGINT USING a + 1");
      OwnCheckpoints own = ownCheckpoints(connection);
      await().until(own::areRunning);
      run(connection, "DETACH q");
      assertThat(own.areRunning()).isFalse();
      assertThat(OfThisJvm.databases().isOpen(directory.resolve("a.duckdb"))).isFalse();
    }
  }
}
