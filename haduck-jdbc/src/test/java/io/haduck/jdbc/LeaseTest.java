package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.LeaseRequests;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.OtherLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes with one replica, of which the second one waits; it is another copy of haduck. */
@Tag("compat")
final class LeaseTest {
  @TempDir Path directory;
  private OtherLoader other;

  @BeforeEach
  void begin() throws Exception {
    other = new OtherLoader();
  }

  @AfterEach
  void end() throws Exception {
    other.call(TakenOverTest.Rival.class, "close");
    other.close();
    Haduck.shutdown();
  }

  private String url(String place, String more) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(place)).resolve("f.duckdb")
        + ";haduck.name=db;haduck.linger=0s;haduck.durability=commit;haduck.lease_ttl=2s;haduck.label="
        + place
        + ";haduck.replica=file:"
        + directory.resolve("replica")
        + more;
  }

  private static Connection filled(Connection connection) throws SQLException {
    run(connection, "CREATE TABLE t AS SELECT 1 AS i");
    return connection;
  }

  private static String rows(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT list(i ORDER BY i)::VARCHAR FROM t")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private CompletableFuture<Void> opening(String url) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            other.call(TakenOverTest.Rival.class, "open", url);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void connect_besideAnotherWriter_failsInTime_andNamesIt() throws Exception {
    try (Connection one = filled(DriverManager.getConnection(url("one", "")))) {
      assertThatThrownBy(() -> opening(url("two", ";haduck.lease_wait=0")).get())
          .rootCause()
          .hasMessageContaining("'one'")
          .hasMessageContaining("haduck.lease_wait");
      run(one, "INSERT INTO t VALUES (2)");
      assertThat(rows(one)).isEqualTo("[1, 2]");
    }
  }

  @Test
  void connect_ofTheNextPod_waitsForTheEndOfTheOneBefore() throws Exception {
    CompletableFuture<Void> second;
    try (Connection one = filled(DriverManager.getConnection(url("one", "")))) {
      second = opening(url("two", ";haduck.lease_wait=forever"));
      for (int i = 2; i < 20; i++) {
        run(one, "INSERT INTO t VALUES (2)");
      }
      assertThat(second).isNotDone();
    }
    second.get(60, TimeUnit.SECONDS);
    assertThat(other.call(TakenOverTest.Rival.class, "run", "INSERT INTO t VALUES (3)"))
        .isEqualTo("done");
    assertThatThrownBy(() -> DriverManager.getConnection(url("one", ";haduck.lease_wait=0")))
        .isInstanceOf(SQLTransientConnectionException.class)
        .hasCauseInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("'two'");
    other.call(TakenOverTest.Rival.class, "close");
    try (Connection one = DriverManager.getConnection(url("one", ""))) {
      assertThat(rows(one)).startsWith("[1, 2").endsWith("3]");
    }
  }

  @Test
  void connect_toAFileThatAnotherProcessHasLocked_waitsForIt() throws Exception {
    CompletableFuture<Void> second;
    try (Connection one = filled(DriverManager.getConnection(url("one", "")))) {
      second = opening(url("one", ";haduck.lease_wait=forever"));
      run(one, "INSERT INTO t VALUES (2)");
      assertThat(second).isNotDone();
    }
    second.get(60, TimeUnit.SECONDS);
  }

  @Test
  void pool_ofAWriterThatWasFenced_emptiesItself_andRecovers() throws Exception {
    var config = new HikariConfig();
    config.setJdbcUrl(url("one", ";haduck.on_diverge=restore"));
    config.setMaximumPoolSize(2);
    try (var pool = new HikariDataSource(config)) {
      try (Connection one = pool.getConnection()) {
        filled(one);
      }
      Path lease = directory.resolve("replica").resolve("db").resolve("lease");
      String stolen =
          Files.readString(lease)
              .replace("\"label\": \"one\"", "\"label\": \"thief\"")
              .replaceAll("\"session\": \"[0-9a-f]{8}", "\"session\": \"00000000");
      Path draft = Files.writeString(directory.resolve("draft"), stolen);
      Files.move(draft, lease, StandardCopyOption.REPLACE_EXISTING);
      await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () -> {
                            try (Connection one = pool.getConnection()) {
                              rows(one);
                            }
                          })
                      .isInstanceOf(SQLException.class));
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .untilAsserted(
              () -> {
                try (Connection one = pool.getConnection()) {
                  run(one, "INSERT INTO t VALUES (2)");
                  assertThat(rows(one)).contains("2");
                }
              });
    }
  }

  @Test
  void handOver_shipsWhatIsCommitted_andTheNextOneTakesItAtOnce() throws Exception {
    Connection one =
        filled(
            DriverManager.getConnection(
                url("one", "").replace("durability=commit", "durability=async")));
    CompletableFuture<Void> second = opening(url("two", ";haduck.lease_wait=forever"));
    run(one, "INSERT INTO t VALUES (2)");
    run(one, "BEGIN");
    assertThatThrownBy(() -> Haduck.handOver(one, "two"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("transaction");
    run(one, "COMMIT");
    Haduck.handOver(one, "two");
    assertThatThrownBy(() -> rows(one))
        .hasMessageContaining("was handed over to 'two'")
        .hasMessageContaining("haduck.mode=standby")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08006");
    second.get(60, TimeUnit.SECONDS);
    assertThat(other.call(TakenOverTest.Rival.class, "run", "INSERT INTO t VALUES (3)"))
        .isEqualTo("done");
    one.close();
    other.call(TakenOverTest.Rival.class, "close");
    try (Connection again = DriverManager.getConnection(url("one", ""))) {
      assertThat(rows(again)).isEqualTo("[1, 2, 3]");
    }
  }

  @Test
  void handOver_onRequest_ofAnOperator() throws Exception {
    Connection one = filled(DriverManager.getConnection(url("one", "")));
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica").resolve("db"))) {
      LeaseRecord.Reply reply =
          new LeaseRequests(store)
              .ask(LeaseRecord.Wish.HAND_OVER, "two", "ann", Duration.ofSeconds(30));
      assertThat(reply.accepted()).isTrue();
    }
    await()
        .untilAsserted(
            () -> assertThatThrownBy(() -> rows(one)).hasMessageContaining("handed over to 'two'"));
    opening(url("two", "")).get(60, TimeUnit.SECONDS);
    one.close();
  }

  @Test
  void settings_outOfTheirBounds_areRefused() throws Exception {
    for (String bad :
        new String[] {"lease_ttl=1s", "lease_ttl=6m", "lease=maybe", "lease_wait=-1"}) {
      assertThatThrownBy(
              () ->
                  DriverManager.getConnection(
                      url("one", "").replaceAll(";haduck.lease_ttl=2s", "") + ";haduck." + bad))
          .hasCauseInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining(bad.substring(0, bad.indexOf('=')));
    }
  }

  /** What it was told of is in the history that won, or it was not told that it is. */
  @Test
  void handOver_besideACallThatRuns_isNoSilentLoss() throws Exception {
    String url = url("one", "").replace("durability=commit", "durability=async");
    Connection one = filled(DriverManager.getConnection(url));
    Connection two = DriverManager.getConnection(url);
    CompletableFuture<String> running =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                run(two, "INSERT INTO t SELECT 7 FROM range(30000000)");
                return "done";
              } catch (SQLException e) {
                return String.valueOf(e.getSQLState());
              }
            });
    await().until(() -> Haduck.status(one).connections() == 2);
    Haduck.handOver(one, "two");
    String outcome = running.get(60, TimeUnit.SECONDS);
    two.close();
    one.close();
    assertThat(outcome).isIn("done", "08006", "08007");
    opening(url("two", "")).get(60, TimeUnit.SECONDS);
    String count =
        (String)
            other.call(
                TakenOverTest.Rival.class,
                "run",
                "SELECT error('none') FROM t WHERE i = 7 LIMIT 1");
    assertThat(count.contains("none")).isEqualTo(outcome.equals("done"));
  }

  @Test
  void standby_besideAnEmptyReplica_whoseFirstWriterDiedTooEarly_opensAfterItsTime()
      throws Exception {
    Path place = Files.createDirectories(directory.resolve("dead")).resolve("f.duckdb");
    WriterLease dead =
        WriterLease.opening(
            new FileObjectStore(directory.resolve("replica").resolve("db")),
            LeaseOptions.of(Duration.ofSeconds(2)),
            "dead");
    dead.acquire(place, place.resolveSibling("f.duckdb.haduck-lock"), () -> 0);
    dead.close(); // without giving it back
    try (Connection one = filled(DriverManager.getConnection(url("one", ";haduck.mode=standby")))) {
      assertThat(rows(one)).isEqualTo("[1]");
    }
  }
}
