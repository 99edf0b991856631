package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.kept.ThinnedLog;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Points: from SQL to the store, and back by their names. */
@Tag("compat")
class PointsTest {
  @TempDir Path directory;
  private EmbeddedS3 s3;

  @BeforeEach
  void start() {
    s3 = EmbeddedS3.inMemory();
  }

  @AfterEach
  void stop() {
    Haduck.shutdown();
    s3.close();
  }

  private String url() {
    return url("my.duckdb");
  }

  private String url(String file) {
    return "jdbc:haduck:"
        + directory.resolve(file)
        + ";haduck.linger=0s;haduck.sync_timeout=30s;haduck.s3.bucket="
        + EmbeddedS3.BUCKET
        + ";haduck.s3.endpoint="
        + s3.endpoint()
        + ";haduck.s3.access_key="
        + EmbeddedS3.ACCESS_KEY
        + ";haduck.s3.secret_key="
        + EmbeddedS3.SECRET_KEY;
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  private ObjectStore replica() {
    return Haduck.replica(url(), new Properties());
  }

  private RestoreResult restore(RestoreTarget target, String name) throws IOException {
    Path file = Files.createDirectories(directory.resolve(name)).resolve("my.duckdb");
    try (ObjectStore replica = replica()) {
      return Haduck.restore(RestoreRequest.latest(replica, file).at(target));
    }
  }

  private static long rows(RestoreResult restored) throws SQLException {
    return number("jdbc:duckdb:" + restored.destination(), "SELECT count(*) FROM t");
  }

  private static void refused(SQLException e, String state, String... words) {
    assertThat(e.getSQLState()).isEqualTo(state);
    assertThat(e.getMessage()).contains(words);
  }

  @Test
  void point_isRestoredByItsName_whateverCameAfterIt() throws Exception {
    Point point;
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      run(connection, "INSERT INTO t VALUES (-1)"); // not sent yet
      point = Haduck.point(connection, "before-migration");
      assertThat(point.name()).isEqualTo("before-migration");
      assertThat(point.seq()).isEqualTo(Replicated.status(connection).seq());
      run(connection, "DELETE FROM t WHERE a > 10");
      Haduck.checkpoint(connection);
      assertThat(Haduck.points(connection)).containsExactly(point);
    }
    try (ObjectStore replica = replica()) {
      assertThat(Haduck.points(replica)).containsExactly(point);
      assertThat(Haduck.verify(replica, VerifyProgress.none()).findings()).isEmpty();
      assertThat(Haduck.verify(replica, VerifyProgress.none()).notes())
          .noneMatch(note -> note.contains("point/"));
    }
    RestoreResult restored = restore(RestoreTarget.point("before-migration"), "there");
    assertThat(restored.seq()).isEqualTo(point.seq());
    assertThat(restored.commitTime()).isEqualTo(point.time());
    assertThat(rows(restored)).isEqualTo(1001);
  }

  @Test
  void point_outlivesASweep_andItsDeletionDoesNot() throws Exception {
    Point point;
    long head;
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      Haduck.checkpoint(connection);
      run(connection, "INSERT INTO t VALUES (-1)");
      point = Haduck.point(connection, "kept");
      run(connection, "INSERT INTO t VALUES (-2)");
      Haduck.checkpoint(connection);
      run(connection, "DELETE FROM t");
      head = Haduck.checkpoint(connection).seq();
    }
    try (ObjectStore replica = replica()) {
      var log = new ThinnedLog(replica);
      log.giveUp(head);
      log.sweep();
      assertThat(rows(restore(RestoreTarget.point("kept"), "one"))).isEqualTo(1001);
      assertThat(Haduck.verify(replica, VerifyProgress.none()).findings()).isEmpty();
      assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(point.seq() + 1), "two"))
          .isInstanceOf(DivergedException.class)
          .hasMessageContainingAll(
              "its retention has given it up", "seq " + point.seq() + " (", " before, seq " + head);
      assertThat(Haduck.deletePoint(replica, "kept")).isTrue();
      assertThat(Haduck.deletePoint(replica, "kept")).isFalse();
      assertThatThrownBy(() -> restore(RestoreTarget.point("kept"), "two"))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("has no point kept, and no other");
      assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(point.seq()), "two"))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("does not keep seq " + point.seq());
      assertThatThrownBy(() -> Points.of(replica).make("kept", point.seq()))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("which is not kept any more");
      assertThat(Points.of(replica).make("kept", head).seq())
          .as("the name is free")
          .isEqualTo(head);
    }
  }

  @Test
  void name_ofTheSameState_isASuccess_andOfAnotherAnError() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      Point point = Haduck.point(connection, "a");
      assertThat(Haduck.point(connection, "a")).isEqualTo(point);
      assertThat(Haduck.point(connection, "b").seq()).isEqualTo(point.seq());
      run(connection, "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> Haduck.point(connection, "a"))
          .isInstanceOfSatisfying(
              SQLException.class,
              e -> refused(e, "RP005", "point a names seq " + point.seq(), "take another name"));
      assertThat(Haduck.points(connection)).extracting(Point::name).containsExactly("a", "b");
      assertThat(Haduck.deletePoint(connection, "a")).isTrue();
      assertThat(Haduck.point(connection, "a").seq()).isGreaterThan(point.seq());
    }
  }

  @Test
  void name_thatIsNone_isRefusedBeforeAnythingIsWritten() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      for (String name : List.of("", "Before", "a/b", "../a", "-a", "ä", "a".repeat(65))) {
        assertThatThrownBy(() -> Haduck.point(connection, name))
            .isInstanceOfSatisfying(
                SQLException.class, e -> refused(e, "RP005", "cannot be the name of a point"));
        try (ObjectStore replica = replica()) {
          assertThatThrownBy(() -> Haduck.deletePoint(replica, name))
              .isInstanceOf(InvalidConfigurationException.class);
        }
        assertThatThrownBy(() -> restore(RestoreTarget.point(name), "there"))
            .isInstanceOf(InvalidConfigurationException.class);
      }
      assertThat(Haduck.points(connection)).isEmpty();
    }
  }

  @Test
  void name_thatNobodyGave_isAnErrorThatShowsTenOfThoseThereAre() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      for (int i = 10; i < 22; i++) {
        Haduck.point(connection, "p" + i);
      }
    }
    assertThatThrownBy(() -> restore(RestoreTarget.point("p1"), "there"))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll("has no point p1", "p10 (seq ", "p19 (seq ", " and 2 more")
        .hasMessageNotContaining("p20");
    assertThat(directory.resolve("there/my.duckdb")).doesNotExist();
  }

  @Test
  void point_insideOfATransaction_holdsWhatIsCommitted_andIsRefusedToWhoHasWritten()
      throws Exception {
    try (Connection connection = connect();
        Connection other = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      run(connection, "BEGIN", "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> Haduck.point(connection, "a"))
          .isInstanceOfSatisfying(SQLException.class, e -> refused(e, "25001", "Haduck.point"));
      Point point = Haduck.point(other, "a");
      run(connection, "COMMIT");
      assertThat(count(connection, "t")).isEqualTo(1);
      assertThat(Haduck.points(connection)).containsExactly(point);
    }
    assertThat(rows(restore(RestoreTarget.point("a"), "there"))).isZero();
  }

  @Test
  void point_whereThereIsNoReplica_orNoWriter_isRefusedWithTheRightCure() throws Exception {
    try (Connection local =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("local.duckdb"))) {
      assertThatThrownBy(() -> Haduck.point(local, "a"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("local only");
      assertThatThrownBy(() -> Haduck.points(local)).hasMessageContaining("local only");
    }
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (Connection writer = connect()) {
      run(writer, "CREATE TABLE t (a INTEGER)");
      Point point = Haduck.point(writer, "a");
      for (String mode : List.of("follower", "standby")) {
        String url = url("elsewhere/my.duckdb") + ";haduck.name=my.duckdb;haduck.mode=" + mode;
        try (Connection reader = DriverManager.getConnection(url)) {
          assertThatThrownBy(() -> Haduck.point(reader, "b"))
              .isInstanceOfSatisfying(
                  SQLException.class, e -> refused(e, "25006", "Haduck.replica(url"));
          assertThatThrownBy(() -> Haduck.deletePoint(reader, "a"))
              .isInstanceOfSatisfying(
                  SQLException.class, e -> refused(e, "25006", "only follows the database"));
        }
        try (ObjectStore replica = Haduck.replica(url, new Properties())) {
          assertThat(Haduck.points(replica)).containsExactly(point);
        }
        Haduck.shutdown();
      }
    }
    assertThat(elsewhere).exists();
  }

  @Test
  void rewind_keepsWhatItUndoes_asAPoint() throws Exception {
    long before;
    long undone;
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      before = Haduck.checkpoint(connection).seq();
      run(connection, "INSERT INTO t VALUES (-1)");
      undone = Haduck.checkpoint(connection).seq();
    }
    try (ObjectStore replica = replica()) {
      Haduck.restore(
          RestoreRequest.latest(replica, directory.resolve("my.duckdb"))
              .at(new RestoreTarget.AtSeq(before))
              .overwriting());
      long now = Haduck.rewind(url(), new Properties()).seq();
      Point point = Haduck.points(replica).get(0);
      assertThat(Haduck.points(replica)).hasSize(1);
      assertThat(point.seq()).isEqualTo(undone);
      assertThat(point.name()).matches("rewind-[0-9]{8}t[0-9]{6}z-seq" + undone);
      var log = new ThinnedLog(replica);
      log.giveUp(now);
      log.sweep();
      assertThat(rows(restore(RestoreTarget.point(point.name()), "there"))).isEqualTo(1001);
      assertThat(rows(restore(RestoreTarget.latest(), "latest"))).isEqualTo(1000);
    }
  }

  @Test
  void point_madeByTwoAtATime_isOne() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (Connection connection = connect();
        Connection other = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      Haduck.sync(connection);
      for (int i = 0; i < 5; i++) {
        String name = "together-" + i;
        var together = new CyclicBarrier(2);
        Future<Point> one = threads.submit(making(connection, name, together));
        Future<Point> two = threads.submit(making(other, name, together));
        assertThat(one.get()).isEqualTo(two.get());
      }
      assertThat(Haduck.points(connection)).hasSize(5);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<Point> making(Connection connection, String name, CyclicBarrier start) {
    return () -> {
      start.await();
      return Haduck.point(connection, name);
    };
  }

  @Test
  void point_whileTheStoreIsGone_isNotMade_andTheCommitStays() throws Exception {
    try (Connection connection =
        DriverManager.getConnection(url().replace("sync_timeout=30s", "sync_timeout=1s"))) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      Haduck.sync(connection);
      s3.close();
      run(connection, "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> Haduck.point(connection, "a"))
          .isInstanceOf(ReplicationPendingException.class);
      assertThat(count(connection, "t")).isEqualTo(1);
      assertThatThrownBy(connection::close).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void points_ofAStoreThatIsGone_areAnErrorOfItsKind() throws Exception {
    try (ObjectStore replica =
        Haduck.replica(url().replace("sync_timeout=30s", "sync_timeout=1s"), new Properties())) {
      s3.close();
      assertThatThrownBy(() -> Haduck.points(replica)).isInstanceOf(HaduckException.class);
    }
  }

  @Test
  void point_isOfTheCurrentDatabase_asACheckpointIs() throws Exception {
    try (Connection connection = connect();
        ObjectStore main = replica()) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
      Haduck.checkpoint(connection);
      run(connection, "ATTACH 'haduck:" + directory.resolve("second.duckdb") + "' AS second");
      run(connection, "USE second");
      run(connection, "CREATE TABLE u AS SELECT 2 AS a");
      Point point = Haduck.point(connection, "of-second");
      assertThat(Haduck.points(connection)).containsExactly(point);
      assertThat(Haduck.points(main)).isEmpty();
      try (ObjectStore second = Haduck.replica(url("second.duckdb"), new Properties())) {
        assertThat(Haduck.points(second)).containsExactly(point);
      }
      run(connection, "USE my");
      assertThat(Haduck.points(connection)).isEmpty();
      run(connection, "ATTACH ':memory:' AS plain");
      run(connection, "USE plain");
      refused(
          catchThrowableOfType(SQLException.class, () -> Haduck.point(connection, "a")),
          null,
          "plain",
          "has no replica");
      run(connection, "USE my");
    }
  }

  @Test
  void points_ofAMistypedName_sayWhatIsThere() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS a");
      Haduck.checkpoint(connection);
    }
    try (ObjectStore mistyped = Haduck.replica(url("mine.duckdb"), new Properties())) {
      assertThatThrownBy(() -> Haduck.points(mistyped))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("my.duckdb");
      assertThatThrownBy(() -> Haduck.deletePoint(mistyped, "a"))
          .isInstanceOf(DivergedException.class);
      assertThatThrownBy(() -> Haduck.sweep(mistyped, SweepOptions.DEFAULT))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("my.duckdb");
    }
    try (ObjectStore replica = replica()) {
      assertThat(Haduck.sweep(replica, SweepOptions.DEFAULT).announced())
          .isEqualTo(RetentionPolicy.DEFAULT);
    }
  }
}
