package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.ScrubStatus;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

/** What is done now and then: all blocks are compared with the log. */
@Tag("compat")
class UpkeepTest {
  @TempDir Path directory;

  private ReplicatedDatabase open(Duration scrubInterval) throws Exception {
    var database =
        ReplicatedDatabase.in(directory)
            .withScrubInterval(scrubInterval)
            .withSyncInterval(Duration.ofMillis(20));
    database.open();
    return database;
  }

  private static ScrubStatus scrub(ReplicatedDatabase database) {
    return database.replicator().status().scrub();
  }

  @Test
  void scrub_ofAnIntactFile_findsNothingAndSendsNothing() throws Exception {
    try (var database = open(Duration.ofMillis(100))) {
      database.execute("CREATE TABLE t AS SELECT range AS a FROM range(500000)");
      database.checkpoint();
      database.stop();
      database.open(); // DuckDB anew: what may have changed is little
      database.execute("INSERT INTO t SELECT range FROM range(300000)"); // in the WAL, with blocks
      database.awaitPosition();
      long commits = database.replicator().status().commits();
      Instant first = await().until(() -> scrub(database).finished(), at -> at != null);
      await().until(() -> scrub(database).finished(), at -> at.isAfter(first.plusMillis(1)));
      assertThat(scrub(database).differences()).isZero();
      assertThat(scrub(database).blocks()).isPositive();
      assertThat(database.replicator().status().commits()).isEqualTo(commits);
    }
  }

  /** What they write is in E and left to checkpoints; what they leave alone is compared. */
  @Test
  void scrub_besideWriters_comparesWhatTheyLeaveAlone_andFindsNoDifference() throws Exception {
    try (var database = open(Duration.ofMillis(1))) {
      database.execute(
          "CREATE TABLE still AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(500000)",
          "CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(200000)");
      database.checkpoint();
      database.stop();
      database.open(); // DuckDB anew: while one instance lives, all that it wrote may change
      Set<Instant> finished = new HashSet<>();
      for (int round = 0; round < 30 || finished.size() < 5; round++) {
        database.execute(
            "UPDATE t SET b = 'x' || a WHERE a % 7 = " + round % 7,
            "INSERT INTO t SELECT range, 'new' FROM range(130000)",
            "DELETE FROM t WHERE b = 'new' AND a % 3 <> 0");
        if (round % 3 == 0) {
          database.checkpoint();
        }
        ScrubStatus status = scrub(database);
        assertThat(status.differences()).isZero();
        assertThat(status.unreadable()).isZero();
        if (status.finished() != null && finished.add(status.finished())) {
          assertThat(status.blocks())
              .as("blocks of the table that is left alone")
              .isGreaterThan(10);
        }
      }
      database.awaitInSync();
      assertThat(scrub(database).differences()).isZero();
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }

  @Test
  void scrub_ofADamagedFile_saysSoAndSendsIt() throws Exception {
    try (var database = open(Duration.ofMillis(200))) {
      damageUnderWay(database);
      await().until(() -> scrub(database).differences() == 1);
      await()
          .untilAsserted(
              () ->
                  WholeFile.of(database.file())
                      .assertIs(WholeFile.headOf(database.replica()), "sent as it is on disk"));
      database.awaitInSync();
      assertThat(scrub(database).differences()).isEqualTo(1);
    }
  }

  /** A look at the log and a slice come between commits even if these never end. */
  @Test
  void scrub_underSteadyCommits_isDoneAllTheSame() throws Exception {
    try (var database = open(Duration.ofMillis(200))) {
      database.execute(
          "CREATE TABLE t AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(500000)");
      database.checkpoint();
      database.stop();
      database.open(); // DuckDB anew: what may have changed is little
      while (scrub(database).finished() == null) {
        database.execute("INSERT INTO t VALUES (1, 'steady')");
        database.awaitPosition();
      }
      assertThat(scrub(database).blocks()).isPositive();
      assertThat(scrub(database).differences()).isZero();
    }
  }

  /** Damages a block that nothing is known to have changed, as another process. */
  private static void damageUnderWay(ReplicatedDatabase database) throws Exception {
    database.execute(
        "CREATE TABLE t AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(500000)");
    database.checkpoint();
    database.stop();
    database.open();
    database.awaitInSync();
    DatabaseFile blocks = DatabaseFiles.open(database.file());
    DatabaseHeaders headers = blocks.readHeaders();
    FreeList freeList = FreeList.read(blocks, headers);
    int data = RoaringBitmap.andNot(freeList.inUse(), freeList.metadata()).first();
    try (var child =
        ChildJvm.start(
            "-Xmx64m",
            Damaging.class,
            database.file().toString(),
            "" + (headers.blockPosition(data) + 5000))) {
      assertThat(child.join()).contains("DONE");
    }
  }

  /** Turns a byte of a file over. */
  static final class Damaging {
    public static void main(String[] arguments) throws IOException {
      try (var file = new RandomAccessFile(arguments[0], "rw")) {
        long position = Long.parseLong(arguments[1]);
        file.seek(position);
        int was = file.read();
        file.seek(position);
        file.write(255 - was);
      }
      System.out.println("DONE");
    }
  }
}
