package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CommitKind;
import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.points.Points;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A database that was restored to an earlier point becomes the head again, on request. */
@Tag("compat")
class RewindTest {
  private record Point(long seq, String contents) {}

  @TempDir Path directory;
  private ReplicatedDatabase database;
  private final List<Point> points = new ArrayList<>();

  /** With checkpoints, commits between them, blocks that commits name, freed and reused blocks. */
  @BeforeEach
  void makeAHistory() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("PRAGMA disable_checkpoint_on_shutdown");
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    note();
    database.checkpoint();
    database.execute("CREATE TABLE bulk AS SELECT range AS a FROM range(300000)");
    note();
    database.execute("INSERT INTO t VALUES (1)");
    note();
    database.checkpoint();
    database.execute("DROP TABLE bulk");
    note();
    database.checkpoint();
    database.execute("INSERT INTO t SELECT range FROM range(200000)");
    note();
    database.execute("INSERT INTO t VALUES (3)");
    note();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private void note() throws Exception {
    database.awaitPosition();
    points.add(new Point(database.replicator().status().seq(), database.contents()));
  }

  private void restoreTo(Point point) throws Exception {
    database.deleteLocalFiles();
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      Restorer.create()
          .restore(
              RestoreRequest.latest(store, database.file())
                  .at(new RestoreTarget.AtSeq(point.seq())));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void rewind_makesAnEarlierPointTheHead(int index) throws Exception {
    Point point = points.get(index);
    restoreTo(point);
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("Haduck.rewind");
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    database.open();
    database.withPolicy(OpeningPolicy.DEFAULT);
    database.awaitInSync();
    assertThat(database.contents()).isEqualTo(point.contents());
    assertThat(database.restoredContents()).isEqualTo(point.contents());
    WholeFile.of(database.file()).assertIs(WholeFile.headOf(database.replica()), "rewound");
    // It goes on from there, is no longer detached, and what was undone can still be restored.
    database.execute("INSERT INTO t VALUES (4711)");
    database.reopen();
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    String after = database.contents();
    database.stop();
    Point last = points.get(points.size() - 1);
    restoreTo(last);
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    database.open();
    database.awaitInSync();
    assertThat(database.contents()).isEqualTo(last.contents()).isNotEqualTo(after);
    assertThat(database.restoredContents()).isEqualTo(last.contents());
  }

  @Test
  void rewind_withChangesSinceTheRestore_keepsThem() throws Exception {
    restoreTo(points.get(1));
    database.runPlain("INSERT INTO t VALUES (815)");
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents())
        .isEqualTo(database.contents())
        .isNotEqualTo(points.get(1).contents());
  }

  @Test
  void rewind_thatEndedAfterItsEpoch_isStillDetached() throws Exception {
    Point point = points.get(2);
    restoreTo(point);
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    Replicator.open(database.options()).close(); // before DuckDB opened it
    database.withPolicy(OpeningPolicy.DEFAULT);
    assertThat(head().kind()).isEqualTo(ChangesetKind.EPOCH);
    assertThatThrownBy(database::open).isInstanceOf(DivergedException.class);
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(point.contents());
  }

  @Test
  void rewind_thatIsTriedAgain_namesWhatItUndoesOnce() throws Exception {
    restoreTo(points.get(2));
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    Replicator.open(database.options()).close();
    Replicator.open(database.options()).close();
    Rewind.run(database.options(), Duration.ofSeconds(30));
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      long undone = points.get(points.size() - 1).seq();
      assertThat(Points.of(store).list())
          .singleElement()
          .satisfies(
              point -> {
                assertThat(point.seq()).isEqualTo(undone);
                assertThat(point.name()).endsWith("-seq" + undone);
              });
    }
  }

  @Test
  void rewind_whereNoPointMayBeWritten_goesBackAllTheSame() throws Exception {
    restoreTo(points.get(2));
    ReplicatorOptions options = database.options();
    var refusing = new Sweeping(options.store());
    refusing.refuse("point/");
    Rewind.run(
        ReplicatorOptions.of(database.file(), refusing).withPolicy(options.policy()),
        Duration.ofSeconds(30));
    assertThat(database.restoredContents()).isEqualTo(points.get(2).contents());
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      assertThat(Points.of(store).list()).isEmpty();
    }
  }

  @Test
  void rewind_ofARestoreThatLacksItsWal_isRefused() throws Exception {
    restoreTo(points.get(1));
    Files.delete(database.file("my.duckdb.wal"));
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("holds less than was restored");
  }

  /** A volume of before the rewind comes back: what was undone is not sent again. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void open_withAVolumeOfBeforeTheRewind_fastForwards(int index) throws Exception {
    byte[] stale = Files.readAllBytes(database.file());
    byte[] wal = Files.readAllBytes(database.file("my.duckdb.wal"));
    restoreTo(points.get(index));
    Rewind.run(database.options(), Duration.ofSeconds(30));
    database.deleteLocalFiles();
    Files.write(database.file(), stale);
    Files.write(database.file("my.duckdb.wal"), wal);
    database.open();
    assertThat(database.contents()).isEqualTo(points.get(index).contents());
    database.execute("INSERT INTO t VALUES (4711)");
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  /**
   * The same, with a commit that was never sent: which of the two is right is the user's to say.
   */
  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void open_withACommitOnTopOfWhatWasUndone_hasDiverged(boolean ofWal, boolean recorded)
      throws Exception {
    database.runPlain("PRAGMA disable_checkpoint_on_shutdown", "INSERT INTO t VALUES (9)");
    Path volume = Files.createDirectory(directory.resolve("volume"));
    List<String> names =
        List.of("my.duckdb", "my.duckdb.wal", "my.duckdb.haduck").subList(0, recorded ? 3 : 2);
    for (String name : names) {
      Files.move(database.file(name), volume.resolve(name)); // the same inodes
    }
    Point point = ofWal ? points.get(4) : new Point(head().anchor().seq(), "");
    restoreTo(point);
    Rewind.run(database.options(), Duration.ofSeconds(30));
    database.deleteLocalFiles();
    for (String name : names) {
      Files.move(volume.resolve(name), database.file(name));
    }
    LogPosition rewound = head().position();
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("undone since, by a rewind");
    assertThat(head().position()).as("nothing was added").isEqualTo(rewound);
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(database.contents()).isEqualTo(database.restoredContents());
  }

  @Test
  void rewind_withoutOpening_sendsTheDifferenceAndEnds() throws Exception {
    Point point = points.get(2);
    restoreTo(point);
    CommitReceipt receipt = Rewind.run(database.options(), Duration.ofSeconds(30));
    assertThat(receipt.kind()).isEqualTo(CommitKind.CHECKPOINT);
    assertThat(head().position().seq()).isEqualTo(receipt.seq());
    database.open();
    assertThat(database.contents()).isEqualTo(point.contents());
    assertThat(database.restoredContents()).isEqualTo(point.contents());
  }

  @Test
  void rewind_ofADatabaseAtTheHead_isRefused() {
    assertThatThrownBy(() -> Rewind.run(database.options(), Duration.ofSeconds(30)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("nothing to rewind");
  }

  @Test
  void rewind_ofACopy_isRefused() throws Exception {
    restoreTo(points.get(2));
    Path copy = Files.copy(database.file(), directory.resolve("copy"));
    Files.delete(database.file());
    Files.move(copy, database.file());
    database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("copied or replaced since");
  }

  private LogState head() {
    return WholeFile.headOf(database.replica());
  }
}
