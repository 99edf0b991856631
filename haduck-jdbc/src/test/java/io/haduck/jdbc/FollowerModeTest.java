package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.follower.FollowerStatus;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A database that one process writes and others follow. */
@Tag("compat")
final class FollowerModeTest extends FollowedWriter {
  private static void assertReadOnly(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLException.class)
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("haduck.mode=follower")
        .hasMessageContaining("file:")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("25006");
  }

  @Test
  void whatIsCommitted_isSeen_andAnOpenTransactionKeepsItsState() throws Exception {
    try (Connection follower = follow();
        Connection reader = follow()) {
      assertThat(count(follower, "t")).isEqualTo(1000);
      reader.setAutoCommit(false);
      assertThat(count(reader, "t")).isEqualTo(1000);
      for (int i = 0; i < 5; i++) {
        run(writer, "INSERT INTO t VALUES (-1)");
        if (i == 2) {
          run(writer, "CHECKPOINT");
        }
        catchUp(follower);
        assertThat(count(follower, "t")).isEqualTo(1001 + i);
        assertThat(count(reader, "t")).as("within its transaction").isEqualTo(1000);
        if (i == 3) {
          reader.commit(); // or all copies would be held
          reader.setAutoCommit(true);
          reader.setAutoCommit(false);
          run(writer, "DELETE FROM t WHERE i = -2");
          break;
        }
      }
      reader.commit();
      assertThat(count(reader, "t")).isEqualTo(1004);
    }
  }

  @Test
  void preparedStatements_temporaryTables_andUse_outliveNewerStates() throws Exception {
    try (Connection follower = follow();
        PreparedStatement prepared =
            follower.prepareStatement("SELECT count(*) FROM t WHERE i >= ?")) {
      run(follower, "CREATE TEMP TABLE mine AS SELECT 7 AS a");
      prepared.setInt(1, 500);
      assertThat(one(prepared)).isEqualTo(500);
      run(writer, "INSERT INTO t SELECT 5000 FROM range(3)");
      catchUp(follower);
      assertThat(one(prepared)).isEqualTo(503);
      assertThat(count(follower, "mine")).isEqualTo(1);
      assertThat(follower.getCatalog()).isEqualTo("my");
    }
  }

  @Test
  void awaitingWithinATransaction_isRefused() throws Exception {
    PositionToken position = Haduck.position(writer);
    try (Connection follower = follow()) {
      assertThatThrownBy(() -> Haduck.position(follower)).hasMessageContaining("only follows");
      follower.setAutoCommit(false);
      assertThat(count(follower, "t")).isEqualTo(1000);
      assertThatThrownBy(() -> Haduck.awaitPosition(follower, position, SOON))
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("25001");
      follower.commit();
      assertThat(Haduck.awaitPosition(follower, position, SOON)).isEqualTo(AwaitOutcome.REACHED);
    }
  }

  private static long one(PreparedStatement prepared) throws SQLException {
    try (ResultSet rows = prepared.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Test
  void writes_areRefused_andOtherErrorsStayDuckDbs() throws Exception {
    try (Connection follower = follow();
        Statement statement = follower.createStatement()) {
      assertThat(follower.isReadOnly()).isTrue();
      follower.setReadOnly(true);
      follower.setReadOnly(false); // a wish, as JDBC says
      assertThat(follower.isReadOnly()).isTrue();
      assertReadOnly(() -> run(follower, "INSERT INTO t VALUES (1)"));
      assertReadOnly(() -> run(follower, "CREATE TABLE u (a INTEGER)"));
      assertReadOnly(() -> run(follower, "DROP TABLE t"));
      assertReadOnly(
          () -> {
            try (PreparedStatement insert = follower.prepareStatement("INSERT INTO t VALUES (?)")) {
              insert.setInt(1, 1);
              insert.executeUpdate();
            }
          });
      assertReadOnly(
          () -> {
            statement.addBatch("UPDATE t SET i = 1");
            statement.executeBatch();
          });
      for (String wrong :
          List.of(
              "SELECT nothing FROM t",
              "COPY t TO '/nowhere/at/all.csv'",
              "CREATE TEMP TABLE u AS SELECT nothing FROM t")) {
        assertThatThrownBy(() -> run(follower, wrong))
            .as(wrong)
            .isInstanceOf(SQLException.class)
            .hasMessageNotContaining("haduck.mode");
      }
      assertThatThrownBy(() -> run(follower, "SET enable_external_access=false"))
          .hasMessageContaining("followed");
      assertThatThrownBy(() -> run(follower, "ATTACH 'haduck:/tmp/other.duckdb' AS other"))
          .hasMessageContaining("followed");
      assertThatThrownBy(() -> Haduck.sync(follower))
          .hasMessageContaining("ask the one that writes it");
      assertThatThrownBy(() -> Haduck.promote(follower, Duration.ofSeconds(1)))
          .hasMessageContaining("haduck.mode=standby")
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
      assertThat(count(follower, "t")).isEqualTo(1000);
    }
  }

  @Test
  void status_saysHowFarItIs_alsoBySql() throws Exception {
    try (Connection follower = follow()) {
      run(writer, "INSERT INTO t VALUES (1)");
      catchUp(follower);
      DatabaseStatus status = Haduck.status(follower);
      assertThat(status.role()).isEqualTo(DatabaseRole.FOLLOWER);
      assertThat(status.connections()).isEqualTo(1);
      assertThat(status.replication()).isEmpty();
      FollowerStatus following = status.following().orElseThrow();
      assertThat(following.shown().seq())
          .isEqualTo(Haduck.status(writer).replication().orElseThrow().seq());
      assertThat(following.seqsBehind()).isZero();
      if (hasStatusFunction(follower)) {
        try (Statement statement = follower.createStatement();
            ResultSet row =
                statement.executeQuery("SELECT role, seq, lag_seconds FROM haduck_status()")) {
          assertThat(row.next()).isTrue();
          assertThat(row.getString(1)).isEqualTo("follower");
          assertThat(row.getLong(2)).isEqualTo(following.shown().seq());
          assertThat(row.getDouble(3)).isBetween(0.0, 60.0);
        }
      }
    }
  }

  private static boolean hasStatusFunction(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'haduck_status'")) {
      rows.next();
      return rows.getInt(1) > 0;
    }
  }

  @Test
  void aReplicaThatIsUnmounted_makesItTooOld_untilItIsBack() throws Exception {
    String strict = followerUrl() + ";haduck.max_lag=1s";
    try (Connection follower = DriverManager.getConnection(strict)) {
      assertThat(count(follower, "t")).isEqualTo(1000);
      Path replica = directory.resolve("replica").resolve("my.duckdb");
      Path away = directory.resolve("away");
      Files.move(replica, away);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> count(follower, "t"))
                      .as(() -> said(follower))
                      .hasMessageContaining("haduck.max_lag")
                      .extracting(it -> ((SQLException) it).getSQLState())
                      .isEqualTo("RP003"));
      Files.move(away, replica);
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(count(follower, "t")).isEqualTo(1000));
    }
  }

  private static String said(Connection follower) {
    try {
      return Haduck.status(follower).toString();
    } catch (SQLException e) {
      return e.toString();
    }
  }

  @Test
  void pool_thatIsReadOnly_movesOn() throws Exception {
    var config = new HikariConfig();
    config.setJdbcUrl(followerUrl());
    config.setReadOnly(true);
    config.setMaximumPoolSize(3);
    try (var pool = new HikariDataSource(config)) {
      for (int i = 0; i < 5; i++) {
        run(writer, "INSERT INTO t VALUES (1)");
        try (Connection follower = pool.getConnection()) {
          catchUp(follower);
          assertThat(count(follower, "t")).isEqualTo(1001 + i);
        }
      }
    }
  }

  @Test
  void lastClose_endsIt_andTheNextOneGoesOnWhereItStood() throws Exception {
    try (Connection follower = follow()) {
      assertThat(count(follower, "t")).isEqualTo(1000);
    }
    assertThat(openCopies()).isZero();
    run(writer, "INSERT INTO t VALUES (1)");
    try (Connection follower = follow()) {
      assertThat(count(follower, "t")).isEqualTo(1001);
      assertThat(Files.exists(directory.resolve("follower").resolve("my.duckdb")))
          .as("F itself")
          .isFalse();
    }
    assertThat(openCopies()).isZero();
  }

  private long openCopies() throws Exception {
    try (Stream<Path> files = Files.walk(directory.resolve("follower"))) {
      long open = 0;
      for (Path file : files.filter(it -> it.endsWith("my.duckdb")).toList()) {
        open += DatabaseFiles.descriptorsInThisProcess(file).orElse(0);
      }
      return open;
    }
  }

  @Test
  void connectionsThatAreClosedBehindOurBack_keepNothingOpen() throws Exception {
    Connection follower = follow();
    follower.unwrap(DuckDBConnection.class).close(); // and the writer rests
    await().atMost(SOON).until(() -> openCopies() == 0);
    run(writer, "INSERT INTO t VALUES (1)");
    try (Connection again = follow()) {
      assertThat(count(again, "t")).isEqualTo(1001);
    }
  }

  @Test
  void withoutAutoCommit_newerStatesAreShownAllTheSame() throws Exception {
    try (Connection follower =
        DriverManager.getConnection(followerUrl() + ";jdbc_auto_commit=false")) {
      for (int i = 1; i <= 6; i++) { // more often than there are copies
        run(writer, "INSERT INTO t VALUES (1)");
        catchUp(follower);
        assertThat(count(follower, "t")).isEqualTo(1000 + i);
        follower.commit(); // or it would go on reading this state
      }
      assertThatThrownBy(() -> DriverManager.getConnection(followerUrl()))
          .hasMessageContaining("other options of DuckDB's");
    }
  }

  @Test
  void whatIsTooOld_canBeLetGo() throws Exception {
    String strict = followerUrl() + ";haduck.max_lag=1s";
    try (Connection follower = DriverManager.getConnection(strict)) {
      run(follower, "BEGIN");
      assertThat(count(follower, "t")).isEqualTo(1000);
      Path replica = directory.resolve("replica").resolve("my.duckdb");
      Path away = directory.resolve("away");
      Files.move(replica, away);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> count(follower, "t"))
                      .hasMessageContaining("haduck.max_lag"));
      run(follower, "ROLLBACK");
      Files.move(away, replica);
    }
    assertThatThrownBy(() -> DriverManager.getConnection(followerUrl() + ";haduck.max_lag=60ms"))
        .hasMessageContaining("at least twice as long");
  }

  /** DuckDB would find the instance by the path of its first copy, and that shows another one. */
  @Test
  void anInstanceThatIsLeftOpen_isNotTakenForANewOne() throws Exception {
    Connection first = follow();
    try (Connection kept = first.unwrap(DuckDBConnection.class).duplicate()) {
      for (int i = 1; i <= 3; i++) {
        first.close();
        run(writer, "INSERT INTO t VALUES (1)");
        first = follow();
        assertThat(count(first, "t")).isEqualTo(1000 + i);
      }
      assertThat(count(kept, "t")).isEqualTo(1000);
    } finally {
      first.close();
    }
    assertThatThrownBy(() -> DriverManager.getConnection(followerUrl() + ";jdbc_pin_db=true"))
        .hasMessageContaining("jdbc_pin_db");
  }
}
