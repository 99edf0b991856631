package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogRange;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moments that a replica does not have, and what is said of each. */
class RestoredMomentsTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private Path replica;
  private Path target;
  private LogRange range;

  @BeforeEach
  void makeALog() throws Exception {
    replica = directory.resolve("replicas/my.duckdb");
    target = Files.createDirectory(directory.resolve("target")).resolve("my.duckdb");
    database = ReplicatedDatabase.open(directory, replica);
    database.execute("CREATE TABLE t AS SELECT 1 AS a");
    database.checkpoint();
    for (int i = 0; i < 4; i++) {
      database.execute("INSERT INTO t VALUES (" + i + ")");
      database.awaitPosition();
    }
    database.stop();
    try (ObjectStore store = new FileObjectStore(replica)) {
      range = new ReplicationLog(store).range().orElseThrow();
    }
    assertThat(range.firstSeq()).isEqualTo(1);
    assertThat(range.lastSeq()).isGreaterThan(4);
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private RestoreResult restore(RestoreTarget moment) {
    return restore(replica, moment);
  }

  private RestoreResult restore(Path from, RestoreTarget moment) {
    try (ObjectStore store = new FileObjectStore(from)) {
      return Restorer.create().restore(RestoreRequest.latest(store, target).at(moment));
    }
  }

  @Test
  void restore_toAMomentBeforeTheFirstCommit_saysWhichThereAre() {
    Instant before = range.firstTime().minusNanos(1000);
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(before)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            before.toString(),
            "begins with the commit of " + range.firstTime() + " (seq 1)",
            "to " + range.lastTime() + " (seq " + range.lastSeq() + ")")
        .hasMessageNotContaining("heck");
    assertThat(target).doesNotExist();
    assertThat(restore(new RestoreTarget.AtTime(range.firstTime())).seq()).isEqualTo(1);
  }

  @Test
  void restore_toAMomentInTheFuture_saysSo() {
    Instant future = Instant.now().plus(Duration.ofHours(2));
    RestoreResult result = restore(new RestoreTarget.AtTime(future));
    assertThat(result.seq()).isEqualTo(range.lastSeq());
    assertThat(result.warnings())
        .singleElement()
        .asString()
        .contains(
            future + " is in the future",
            "seq " + range.lastSeq() + ", " + range.lastTime(),
            "the restore went by that one");
  }

  @Test
  void restore_toAMomentAfterTheLastCommit_thatHasPassed_warnsOfNothing() {
    RestoreResult result = restore(new RestoreTarget.AtTime(range.lastTime().plusMillis(1)));
    assertThat(result.seq()).isEqualTo(range.lastSeq());
    assertThat(result.warnings()).isEmpty();
  }

  @Test
  void restore_toTheLastCommitByItsTime_saysNothing() {
    assertThat(restore(new RestoreTarget.AtTime(range.lastTime())).warnings()).isEmpty();
  }

  @Test
  void restore_toASeqBeyondTheHead_saysWhichThereAre() {
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(range.lastSeq() + 1)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "has no seq " + (range.lastSeq() + 1) + " yet",
            "seq 1 (" + range.firstTime() + ") to " + range.lastSeq());
  }

  @Test
  void restore_toASeqThatIsMissing_namesTheObject() throws Exception {
    Files.delete(replica.resolve(LogKeys.changeset(range.lastSeq() - 1)));
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(range.lastSeq() - 1)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContainingAll(
            LogKeys.changeset(range.lastSeq() - 1), "is missing, but later ones are there");
  }

  @Test
  void restore_toAMomentWhereChangesetsAreMissing_saysBetweenWhichStates() throws Exception {
    long missing = range.lastSeq() - 1;
    Files.delete(replica.resolve(LogKeys.changeset(missing)));
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(range.lastTime().minusNanos(1_000))))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContainingAll(
            LogKeys.changeset(missing) + " is missing",
            "may lie there",
            "seq " + (missing - 1) + " (",
            ") is the last one before, seq " + range.lastSeq() + " (" + range.lastTime() + ")");
    assertThat(target).doesNotExist();
    assertThat(restore(new RestoreTarget.AtSeq(missing - 1)).seq()).isEqualTo(missing - 1);
  }

  @Test
  void restore_toTheNewestReadable_ofADamagedReplica_leavesNothingBehind() throws Exception {
    Path base = replica.resolve(LogKeys.changeset(1));
    byte[] bytes = Files.readAllBytes(base);
    bytes[bytes.length - 100] ^= 1; // of a block, which lies within the changeset
    Files.write(base, bytes);
    try (ObjectStore store = new FileObjectStore(replica)) {
      RestoreRequest request =
          RestoreRequest.latest(store, target)
              .at(new RestoreTarget.AtSeq(range.firstSeq()))
              .toNewestReadable();
      assertThatThrownBy(() -> Restorer.create().restore(request, OpeningTrial.none()))
          .isInstanceOf(CorruptDataException.class);
    }
    try (Stream<Path> left = Files.list(target.getParent())) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.contains(".haduck-restore-"));
    }
  }

  @Test
  void restore_ofALogThatBeginsLater_saysWhere() throws Exception {
    Files.delete(replica.resolve(LogKeys.changeset(1)));
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(1)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("does not keep seq 1 any more");
  }

  @Test
  void restore_ofAnEmptyReplica_saysSo() {
    for (RestoreTarget moment :
        new RestoreTarget[] {
          RestoreTarget.latest(),
          new RestoreTarget.AtSeq(1),
          new RestoreTarget.AtTime(Instant.now())
        }) {
      assertThatThrownBy(() -> restore(directory.resolve("none"), moment))
          .isInstanceOf(DivergedException.class)
          .hasMessageContainingAll("/none is empty", "{replica}/{name}/log/");
    }
  }

  @Test
  void restore_ofASlipInTheName_namesTheDatabasesBeside() throws Exception {
    Path slip = directory.resolve("replicas/mine.duckdb");
    assertThatThrownBy(() -> restore(slip, RestoreTarget.latest()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll("/mine.duckdb is empty", "Beside it there is my.duckdb");
    Files.createDirectories(directory.resolve("replicas/no-database"));
    for (int i = 0; i < 9; i++) {
      Files.createDirectories(directory.resolve("replicas/a" + i + "/log"));
    }
    assertThatThrownBy(() -> restore(slip, RestoreTarget.latest()))
        .hasMessageContaining("Beside it there are a0, a1, a2, a3, a4 and perhaps more")
        .hasMessageNotContaining("mounted");
    assertThatThrownBy(() -> restore(directory.resolve("away/my.duckdb"), RestoreTarget.latest()))
        .hasMessageContainingAll("there is no directory", "is a disk not mounted?");
  }

  @Test
  void restore_ofThePlaceAboveTheReplica_namesTheDatabasesThere() throws Exception {
    Files.createDirectories(directory.resolve("replicas/other.duckdb/log"));
    Files.writeString(directory.resolve("replicas/other.duckdb/" + LogKeys.changeset(1)), "");
    assertThatThrownBy(() -> restore(directory.resolve("replicas"), RestoreTarget.latest()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "holds no database itself", "there are my.duckdb, other.duckdb", "haduck.name");
  }

  @Test
  void restore_ofWhatIsNotHaducks_saysSo() throws Exception {
    Path photos = Files.createDirectory(directory.resolve("photos"));
    Files.writeString(photos.resolve("cat.jpg"), "");
    assertThatThrownBy(() -> restore(photos, RestoreTarget.latest()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("holds no database, but such as cat.jpg");
  }

  @Test
  void rewind_ofWhatWasNotRestored_saysWhatItIsInstead() throws Exception {
    rewindSays("it is at the last commit that it knows");
    Files.move(database.file("my.duckdb.haduck"), directory.resolve("record"));
    rewindSays("there is no usable");
    Files.move(directory.resolve("record"), database.file("my.duckdb.haduck"));
    rewindSays(
        "says that it is of file:" + replica,
        ReplicatorOptions.of(database.file(), new FileObjectStore(directory.resolve("other"))));
    Files.move(database.file(), directory.resolve("moved"));
    rewindSays("it does not exist");
  }

  @Test
  void check_ofThePlaceAboveTheReplica_namesTheDatabasesThere() {
    try (ObjectStore store = new FileObjectStore(directory.resolve("replicas"))) {
      assertThat(Verifier.create().run(store, VerifyProgress.none()).findings())
          .anyMatch(finding -> finding.what().contains("below it there is my.duckdb"));
    }
  }

  private void rewindSays(String why) {
    rewindSays(why, database.options());
  }

  private static void rewindSays(String why, ReplicatorOptions options) {
    assertThatThrownBy(() -> Rewind.run(options, Duration.ofSeconds(5)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll("nothing to rewind", why, "earlier seq or moment");
  }
}
