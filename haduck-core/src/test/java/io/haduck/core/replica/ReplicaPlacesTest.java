package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.settings.OfflinePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaPlace;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A replica is the same one whatever it is called, and one that is not there is not empty. */
class ReplicaPlacesTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private Path link;

  @BeforeEach
  void makeALog() throws Exception {
    database = ReplicatedDatabase.open(directory, directory.resolve("disk/replica"));
    database.execute("CREATE TABLE t AS SELECT 1 AS a");
    database.checkpoint();
    database.execute("INSERT INTO t VALUES (2)");
    database.checkpoint();
    database.stop();
    link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("disk"));
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private void restoreToTheFirstCommitBy(Path replica) {
    try (ObjectStore store = new FileObjectStore(replica)) {
      Restorer.create()
          .restore(
              RestoreRequest.latest(store, database.file())
                  .at(new RestoreTarget.AtSeq(1))
                  .overwriting());
    }
  }

  private ReplicatorOptions options(Path replica) {
    return ReplicatorOptions.of(database.file(), new FileObjectStore(replica));
  }

  @Test
  void open_byAnotherSpellingThanItWasRestoredBy_isDetachedAllTheSame() {
    restoreToTheFirstCommitBy(link.resolve("replica"));
    assertThatThrownBy(() -> Replicator.open(options(database.replica())).close())
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("was restored to an earlier point");
  }

  /** The log says what it is, wherever it is kept. */
  @Test
  void open_withTheReplicaMoved_isDetachedAllTheSame() throws Exception {
    restoreToTheFirstCommitBy(database.replica());
    Path moved = Files.move(database.replica(), directory.resolve("moved"));
    assertThatThrownBy(() -> Replicator.open(options(moved)).close())
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("was restored to an earlier point");
  }

  @Test
  void rewind_byAnotherSpellingThanItWasRestoredBy_rewinds() throws Exception {
    restoreToTheFirstCommitBy(link.resolve("replica"));
    assertThat(Rewind.run(options(database.replica()), Duration.ofSeconds(30)).seq())
        .isGreaterThan(2);
  }

  @Test
  void open_offlineByAnotherSpelling_isOfTheSameReplica() {
    var files = new FileObjectStore(link.resolve("replica"));
    var store = new FaultInjectingStore(files, 1).named(files.toString());
    store.outage(true);
    var offline =
        ReplicatorOptions.of(database.file(), store)
            .withTimes(Duration.ofMillis(200), Duration.ofMillis(300))
            .withPolicy(OpeningPolicy.DEFAULT.with(OfflinePolicy.ALLOW));
    try (Replicator opened = Replicator.open(offline)) {
      assertThat(opened.status().state()).isEqualTo(ReplicatorStatus.State.FAILING);
    }
  }

  @Test
  void open_byAnotherSpelling_readsNoBlocks_andKnowsThatHistoryIsLost() throws Exception {
    Replicator.open(options(link.resolve("replica"))).close();
    try (var objects = Files.list(database.replica().resolve("log"))) {
      for (Path object : objects.toList()) {
        Files.delete(object);
      }
    }
    assertThatThrownBy(() -> Replicator.open(options(database.replica())).close())
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("has lost history");
  }

  @ParameterizedTest
  @CsvSource({
    "s3://b/p/n, S3://b/p/n/, true",
    "s3://b/p/n, s3://b//p/n, true",
    "s3://b/p/n, s3://c/p/n, false",
    "s3://b/p/n, s3://b/p, false",
    "file:/r/n, file:///r/x/../n/, true",
    "file:/r/n, s3://r/n, false",
    "odd, odd, true",
    "odd, file:/r, false"
  })
  void places_areTheSame_byWhatTheyName(String one, String other, boolean same) {
    assertThat(ReplicaPlace.isSame(one, other)).isEqualTo(same);
    assertThat(ReplicaPlace.isSame(other, one)).isEqualTo(same);
  }

  @Test
  void open_withTheReplicasDirectoryGone_asksForTheDisk() throws Exception {
    Files.move(directory.resolve("disk"), directory.resolve("unmounted"));
    says("there is no directory " + database.replica() + " (" + directory + " is there");
    Files.createDirectory(directory.resolve("disk"));
    says("there is no directory " + database.replica() + " (" + database.replica().getParent());
    Files.delete(database.file());
    says("mounted");
    Files.delete(directory.resolve("disk"));
    Files.move(directory.resolve("unmounted"), directory.resolve("disk"));
    Replicator.open(options(database.replica())).close();
    assertThat(database.file()).exists();
  }

  private void says(String text) throws IOException {
    assertThatThrownBy(() -> Replicator.open(options(database.replica())).close())
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContainingAll(
            database.replica() + " is not there", text, "Mount it", "Nothing was changed")
        .hasMessageNotContainingAny("history", "lifecycle");
    assertThat(database.replica()).doesNotExist();
  }
}
