package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A process that follows, and becomes the writer when there is none. */
@Tag("compat")
final class StandbyModeTest extends StandbyPair {
  private static void assertReadOnly(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLException.class)
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("haduck.mode=standby")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("25006");
  }

  @Test
  void connections_outliveThePromotion_andWriteFromThenOn() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby");
        Connection reader = standBy("standby");
        PreparedStatement insert = standby.prepareStatement("INSERT INTO t VALUES (?)")) {
      var listener = new RecordingListener();
      Haduck.addListener(standby, listener);
      assertThat(Haduck.status(standby).role()).isEqualTo(DatabaseRole.STANDBY);
      assertThat(Haduck.status(standby).following()).isPresent();
      assertThat(standby.isReadOnly()).isTrue();
      standby.setReadOnly(false); // a wish
      assertThat(standby.getCatalog()).isEqualTo("my");
      assertThat(count(standby, "t")).isEqualTo(1001);
      run(writer, "INSERT INTO t VALUES (-2)");
      catchUp(standby, writer);
      assertThat(count(standby, "t")).isEqualTo(1002);
      run(standby, "CREATE TEMP TABLE mine AS SELECT 7 AS a", "SET VARIABLE kept = 5");
      assertReadOnly(() -> run(standby, "INSERT INTO t VALUES (1)"));
      insert.setInt(1, 5);
      assertReadOnly(insert::executeUpdate);
      reader.setAutoCommit(false);
      assertThat(count(reader, "t")).isEqualTo(1002);

      writer.close();
      awaitPromotion(standby);

      assertThat(Haduck.status(standby).replication()).isPresent();
      assertThat(Haduck.status(standby).following()).isEmpty();
      assertThat(count(reader, "t")).as("in its transaction").isEqualTo(1002);
      assertThatThrownBy(() -> run(reader, "INSERT INTO t VALUES (1)"))
          .hasMessageContaining("end it, and write in the next one")
          .hasMessageNotContaining("until it is promoted")
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("25006");
      reader.rollback();
      run(reader, "INSERT INTO t VALUES (2)");
      reader.commit();
      run(standby, "INSERT INTO t VALUES (3)");
      try (PreparedStatement again = standby.prepareStatement("INSERT INTO t VALUES (?)")) {
        again.setInt(1, 4);
        again.executeUpdate();
      }
      assertThat(count(standby, "t")).isEqualTo(1005);
      assertThat(count(standby, "mine")).isEqualTo(1);
      assertThat(number(standby, "SELECT getvariable('kept')")).isEqualTo(5);
      assertThat(standby.getCatalog()).isEqualTo("my");
      assertThat(Haduck.checkpoint(standby).checkpointed()).isTrue();
      Haduck.sync(standby);
      await().atMost(SOON).until(() -> listener.states.contains("promoted"));
      await().atMost(SOON).until(() -> !listener.commits.isEmpty());
      try (Connection later = standBy("standby")) {
        run(later, "INSERT INTO t VALUES (6)");
        assertThat(count(later, "t")).isEqualTo(1006);
      }
      assertThat(file("standby")).exists();
    }
    assertThat(countElsewhere()).isEqualTo(1006);
  }

  /** As the replica has it. */
  private long countElsewhere() throws Exception {
    try (Connection other =
        DriverManager.getConnection(url("elsewhere", ";haduck.mode=follower"))) {
      return count(other, "t");
    }
  }

  @Test
  void promote_takesWhatNobodyHolds_andPoolsGoOn() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
    }
    var config = new HikariConfig();
    config.setJdbcUrl(standbyUrl("standby"));
    config.setMaximumPoolSize(2);
    try (var pool = new HikariDataSource(config)) {
      try (Connection standby = pool.getConnection()) {
        assertThat(count(standby, "t")).isEqualTo(1001);
        Haduck.promote(standby, SOON);
        run(standby, "INSERT INTO t VALUES (1)");
        Haduck.promote(standby, SOON); // is the writer already
      }
      try (Connection one = pool.getConnection();
          Connection two = pool.getConnection()) {
        run(one, "INSERT INTO t VALUES (2)");
        run(two, "INSERT INTO t VALUES (3)");
        assertThat(one.isReadOnly()).isFalse();
        assertThat(text(one, "SELECT count(*) FROM t")).isEqualTo("1004");
      }
    }
    assertThat(countElsewhere()).isEqualTo(1004);
  }

  @Test
  void emptyReplica_isBegunByAStandby() throws Exception {
    try (Connection first = standBy("standby")) {
      assertThat(Haduck.status(first).role()).isEqualTo(DatabaseRole.WRITER);
      makeTable(first);
      try (Connection second = standBy("other")) {
        assertThat(Haduck.status(second).role()).isEqualTo(DatabaseRole.STANDBY);
        assertThat(count(second, "t")).isEqualTo(1001);
      }
    }
  }

  @Test
  void formerWriter_comesBackAsAStandby_andItsOwnChangesAreKept() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    copyDatabase("writer", "former"); // as a killed process leaves it
    writer.close();
    try (Connection plain =
        DriverManager.getConnection("jdbc:duckdb:" + directory.resolve("former/my.duckdb"))) {
      run(plain, "INSERT INTO t VALUES (-100)");
    }
    Connection next = write("writer");
    run(next, "INSERT INTO t VALUES (-3)");
    try (Connection former = standBy("former")) {
      assertThat(Haduck.status(former).role()).isEqualTo(DatabaseRole.STANDBY);
      catchUp(former, next);
      assertThat(count(former, "t")).isEqualTo(1002);
      assertThat(number(former, "SELECT min(i) FROM t")).isEqualTo(-3);
      next.close();
      awaitPromotion(former);
      assertThat(number(former, "SELECT min(i) FROM t")).isEqualTo(-3);
      run(former, "INSERT INTO t VALUES (-4)");
    }
    assertThat(countElsewhere()).isEqualTo(1003);
    try (Stream<Path> kept = Files.list(directory.resolve("former"))) {
      Path diverged =
          kept.filter(path -> path.toString().matches(".*\\.diverged-[^.]*\\.\\d+Z"))
              .findFirst()
              .orElseThrow();
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + diverged)) {
        assertThat(number(plain, "SELECT min(i) FROM t")).isEqualTo(-100);
      }
    }
  }

  private void copyDatabase(String from, String to) throws Exception {
    Path target = Files.createDirectories(directory.resolve(to));
    try (Stream<Path> files = Files.list(directory.resolve(from))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void promotedOne_thatLingers_goesOnAsTheWriter() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
    }
    String lingering = standbyUrl("standby").replace("linger=0s", "linger=30s");
    try (Connection standby = DriverManager.getConnection(lingering)) {
      assertThatThrownBy(() -> Haduck.sync(standby)).hasMessageContaining("ask the one that");
      assertThatThrownBy(() -> Haduck.handOver(standby, "another"))
          .hasMessageContaining("ask the one that")
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
      Haduck.promote(standby, SOON);
    }
    try (Connection again = DriverManager.getConnection(lingering)) {
      assertThat(Haduck.status(again).role()).isEqualTo(DatabaseRole.WRITER);
      run(again, "INSERT INTO t VALUES (2)");
      assertThat(count(again, "t")).isEqualTo(1002);
    }
  }

  @Test
  void anotherPath_withoutAName_isRefusedWhenItConnects() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
      assertThatThrownBy(
              () ->
                  DriverManager.getConnection(
                      standbyUrl("standby").replace(";haduck.name=my.duckdb", "")))
          .hasMessageContaining("haduck.name=my.duckdb");
      assertThatThrownBy(
              () -> DriverManager.getConnection(standbyUrl("standby") + ";haduck.lease=off"))
          .hasMessageContaining("haduck.lease=off");
    }
  }

  @Test
  void promotedOne_thatIsClosed_opensAsTheWriterAgain() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
    }
    try (Connection standby = standBy("standby")) {
      Haduck.promote(standby, SOON);
      run(standby, "INSERT INTO t VALUES (1)");
    }
    try (Connection standby = standBy("standby")) {
      awaitPromotion(standby);
      assertThat(count(standby, "t")).isEqualTo(1002);
      run(standby, "INSERT INTO t VALUES (2)");
    }
    assertThat(countElsewhere()).isEqualTo(1003);
  }
}
