package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A standby whose writer dies, which fails to be promoted, or which is overtaken itself. */
final class StandbyFailoverTest extends StandbyPair {
  /** Writes until it is killed, and says what is acknowledged. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws Exception {
      try (Connection connection = DriverManager.getConnection(arguments[0])) {
        run(connection, "CREATE TABLE IF NOT EXISTS t (i BIGINT)");
        for (long i = number(connection, "SELECT count(*) FROM t"); ; i++) {
          run(connection, "INSERT INTO t VALUES (" + i + ")");
          System.out.println("ACK " + i);
        }
      } catch (SQLException e) {
        System.out.println(e.getSQLState() + " " + e.getMessage());
      }
    }
  }

  @Test
  @Tag("compat")
  void killedWriter_isFollowedByTheStandby_andComesBackAsAStandby() throws Exception {
    List<String> lines;
    try (ChildJvm child = ChildJvm.start("-Xmx512m", Writer.class, url("writer", ""))) {
      child.awaitLine("ACK 20");
      try (Connection standby = standBy("standby")) {
        assertThat(count(standby, "t")).isGreaterThanOrEqualTo(20);
        child.awaitLine("ACK 40");
        lines = child.kill();
        awaitPromotion(standby);
        long acknowledged = lines.stream().filter(line -> line.startsWith("ACK ")).count();
        assertThat(count(standby, "t")).isBetween(acknowledged, acknowledged + 1);
        assertThat(number(standby, "SELECT max(i) + 1 - count(DISTINCT i) FROM t")).isZero();
        run(standby, "INSERT INTO t VALUES (-1)");
        takeTurns(standby);
      }
    }
  }

  @Test
  void livingWriter_handsOverToTheStandbyThatIsPromoted() throws Exception {
    try (ChildJvm child = ChildJvm.start("-Xmx512m", Writer.class, url("writer", ""))) {
      child.awaitLine("ACK 20");
      try (Connection standby = standBy("standby")) {
        Haduck.promote(standby, SOON);
        run(standby, "INSERT INTO t VALUES (-1)");
        child.awaitLine("0800"); // 08007 where a commit waited
        long acknowledged = child.join().stream().filter(line -> line.startsWith("ACK ")).count();
        assertThat(count(standby, "t")).isBetween(acknowledged + 1, acknowledged + 2);
      }
    }
  }

  /** The one that was killed stands by, and takes over where the other one ends. */
  private void takeTurns(Connection standby) throws Exception {
    try (Connection former = standBy("writer")) {
      assertThat(Haduck.status(former).role()).isEqualTo(DatabaseRole.STANDBY);
      catchUp(former, standby);
      long rows = count(standby, "t");
      standby.close();
      awaitPromotion(former);
      assertThat(count(former, "t")).isEqualTo(rows);
      run(former, "INSERT INTO t VALUES (-2)");
    }
  }

  @Test
  void promotionThatFails_isTriedAgain_andReadersGoOn() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      var listener = new RecordingListener();
      Haduck.addListener(standby, listener);
      try (ProcessLock other = ProcessLock.take(LocalFiles.of(file("standby")))) {
        writer.close();
        await().atMost(SOON).until(() -> listener.states.contains("promotion failed"));
        assertThat(other).isNotNull();
        assertThat(Haduck.status(standby).role()).isEqualTo(DatabaseRole.STANDBY);
        assertThat(count(standby, "t")).isEqualTo(1001);
        try (Connection third = write("third")) { // the lease was released
          run(third, "INSERT INTO t VALUES (-9)");
          catchUp(standby, third);
          assertThat(count(standby, "t")).isEqualTo(1002);
        }
      }
      awaitPromotion(standby);
      run(standby, "INSERT INTO t VALUES (1)");
      assertThat(count(standby, "t")).isEqualTo(1003);
      await().atMost(SOON).until(() -> listener.states.contains("promoted"));
      assertThat(copies("standby")).isLessThanOrEqualTo(4);
    }
  }

  private long copies(String place) throws IOException {
    try (Stream<Path> files =
        Files.walk(directory.resolve(place).resolve("my.duckdb.haduck-follower"))) {
      return files.filter(file -> file.endsWith("my.duckdb")).count();
    }
  }

  @Test
  void promotedOne_thatIsOvertaken_failsForGood_andStandsByWhenItIsOpenedAgain() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
    }
    try (Connection standby = standBy("standby")) {
      Haduck.promote(standby, SOON);
      run(standby, "INSERT INTO t VALUES (1)");
      takeOver();
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> run(standby, "INSERT INTO t VALUES (3)"))
                      .isInstanceOf(SQLException.class)
                      .extracting(it -> ((SQLException) it).getSQLState())
                      .isEqualTo("08006"));
      assertThat(standby.isValid(1)).isFalse();
      assertThatThrownBy(standby::close) // with durability=commit, that is waited for
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("08007");
      try (Connection again = standBy("standby")) {
        awaitPromotion(again);
        assertThat(number(again, "SELECT count(*) FROM t WHERE i >= 0"))
            .isGreaterThanOrEqualTo(1001);
        run(again, "INSERT INTO t VALUES (4)");
      }
    }
  }

  /** By somebody who needs no lease, as by an operator's mistake. */
  private void takeOver() throws IOException {
    Path file = Files.createDirectories(directory.resolve("rival")).resolve("my.duckdb");
    var store = new FileObjectStore(directory.resolve("replica").resolve("my.duckdb"));
    Replicator.open(ReplicatorOptions.of(file, store).withWritten(file, true)).close();
  }
}
