package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A standby that has the lease and cannot become the writer leaves it to another one; and what was
 * under way while it became the writer.
 */
final class FailingPromotionTest extends PlacedMachines {
  private RecordingListener listenTo(Connection standby) throws Exception {
    var listener = new RecordingListener();
    Haduck.addListener(standby, listener);
    return listener;
  }

  private static void awaitFailure(RecordingListener listener) {
    await().atMost(SOON).until(() -> listener.states.contains("promotion failed"));
  }

  @Test
  @Tag("compat")
  void epochThatIsDenied_leavesTheLeaseToAnotherStandby() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      RecordingListener listener = listenTo(standby);
      denyAppends("standby");
      writer.close();
      awaitFailure(listener);
      try (Connection other = standBy("other")) {
        awaitPromotion(other);
        catchUp(standby, other);
        requireOneWriter("other", other, standby);
        catchUp(standby, other);
        assertThat(count(standby, "t")).isEqualTo(1002);
        PlacedStores.heal("standby");
      }
      awaitPromotion(standby);
      requireOneWriter("standby", standby);
    }
  }

  @Test
  void epochThatIsDenied_leavesTheLeaseToTheOldWriter() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      RecordingListener listener = listenTo(standby);
      denyAppends("standby");
      writer.close();
      awaitFailure(listener);
      try (Connection again = write("writer")) {
        requireOneWriter("writer", again, standby);
        catchUp(standby, again);
      }
    }
  }

  @Test
  void fullDisk_leavesTheLeaseToAnotherStandby() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("standby"), 32);
        Connection standby = standBy("standby")) {
      RecordingListener listener = listenTo(standby);
      Path filler = disk.directory().resolve("filler");
      fill(filler);
      run(writer, "INSERT INTO t SELECT 7 FROM range(100000)");
      writer.close();
      awaitFailure(listener);
      assertThat(count(standby, "t")).isEqualTo(1001);
      try (Connection other = standBy("other")) {
        awaitPromotion(other);
        requireOneWriter("other", other, standby);
        Files.delete(filler);
        catchUp(standby, other);
      }
      awaitPromotion(standby);
      assertThat(count(standby, "t")).isEqualTo(101_002);
      requireOneWriter("standby", standby);
    }
  }

  private static void fill(Path filler) {
    byte[] some = new byte[4096];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(some);
      }
    } catch (IOException e) {
      // it is full
    }
  }

  /** For 30 s it has the lease and is believed to come along. */
  @Test
  @Tag("slow")
  void copyThatDoesNotReachTheHeadInTime_leavesTheLeaseToAnotherStandby() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      RecordingListener listener = listenTo(standby);
      Hang hang =
          hang("standby", (call, key) -> call != PlacedStores.Call.WRITE && !key.equals("lease"));
      run(writer, "INSERT INTO t VALUES (1)");
      writer.close();
      await().atMost(SOON).until(() -> lease().holder().label().equals("standby"));
      try (Connection other = standBy("other")) {
        awaitPromotion(other);
        assertThat(listener.states).contains("promotion failed");
        assertThat(count(standby, "t")).isEqualTo(1001);
        requireOneWriter("other", other, standby);
        PlacedStores.heal("standby");
        hang.end();
        catchUp(standby, other);
      }
      awaitPromotion(standby);
      requireOneWriter("standby", standby);
    }
  }

  /** It has the lease for 30 s and does not answer any more who knocks then. */
  @Test
  @Tag("slow")
  void epochThatIsNotAnswered_leavesTheLeaseToAnotherStandby() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      Hang hang = hang("standby", PlacedMachines::appends);
      writer.close();
      await().atMost(SOON).until(hang::hasBegun);
      try (Connection other = standBy("other")) {
        awaitPromotion(other);
        requireOneWriter("other", other, standby);
        PlacedStores.heal("standby");
        hang.end();
        catchUp(standby, other);
        requireOneWriter("other", other, standby);
      }
      awaitPromotion(standby);
      requireOneWriter("standby", standby);
    }
  }

  /**
   * Its second statement, and what was prepared before, write when the database is written here.
   */
  @Test
  @Tag("compat")
  void textThatBeganBeforeThePromotion_isOnTheReplicaWhenItIsDone() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    Path pipe = directory.resolve("pipe.csv");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().onExit().join().exitValue())
        .isZero();
    try (Connection standby = standBy("standby");
        Connection other = standBy("standby");
        PreparedStatement insert = other.prepareStatement("INSERT INTO t VALUES (-78)")) {
      catchUp(standby, writer);
      CompletableFuture<String> text =
          outcome(
              standby,
              "CREATE TEMP TABLE piped AS FROM read_csv('"
                  + pipe
                  + "', auto_detect=false, header=false, columns={'a': 'BIGINT'}); INSERT INTO t SELECT a FROM piped");
      Hang hang;
      try (OutputStream out = Files.newOutputStream(pipe)) { // returns when it is read
        writer.close();
        awaitPromotion(other);
        hang = hang("standby", PlacedMachines::appends);
        out.write("-77\n".getBytes(StandardCharsets.UTF_8));
      }
      await().atMost(SOON).until(hang::hasBegun);
      await().during(Duration.ofMillis(500)).until(() -> !text.isDone());
      PlacedStores.heal("standby");
      hang.end();
      assertThat(text.get(60, TimeUnit.SECONDS)).isEqualTo("done");
      assertThat(rowsOfTheReplica()).contains(-77L);
      insert.executeUpdate();
      assertThat(rowsOfTheReplica()).contains(-78L);
      requireOneWriter("standby", standby);
    }
  }
}
