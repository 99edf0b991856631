package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A volume comes back after so long that the log does not keep any more what is on it. */
@Tag("compat")
class StaleVolumeTest extends OpenedAgain {
  /** Returns the contents that another writer has left. */
  private String anotherWriterAddsAndSweeps() throws Exception {
    long known = record().committed().seq();
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    String theirs;
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      // All blocks anew, so that nothing on the volume is needed any more.
      other.execute("CREATE OR REPLACE TABLE t AS SELECT a + 1 AS a FROM t");
      other.checkpoint();
      other.execute("CREATE OR REPLACE TABLE t AS SELECT a + 1 AS a FROM t");
      other.checkpoint();
      theirs = other.contents();
    }
    try (var store = new FileObjectStore(directory.resolve("replica"))) {
      var log = new ReplicationLog(store);
      LogState head = log.loadLatest(LoadProgress.NONE).orElseThrow();
      LogState floor = log.loadAt(head.anchor().seq(), LoadProgress.NONE).orElseThrow();
      assertThat(floor.position().seq()).isGreaterThan(known);
      assertThat(log.writeSnapshot(floor).outcome()).isEqualTo(PutResult.Outcome.DONE);
      Set<String> needed = objectsOf(floor);
      needed.addAll(objectsOf(head));
      List<String> swept = new ArrayList<>();
      for (long seq = 2; seq < floor.position().seq(); seq++) {
        if (!needed.contains(LogKeys.changeset(seq))
            && log.read(seq).orElseThrow().changeset().kind() != ChangesetKind.EPOCH) {
          swept.add(LogKeys.changeset(seq));
        }
      }
      assertThat(swept).as("what led to seq %s", known).isNotEmpty();
      store.deleteAll(swept);
    }
    return theirs;
  }

  private static Set<String> objectsOf(LogState state) {
    Set<String> keys = new HashSet<>();
    state.index().ids().forEach((int id) -> keys.add(state.index().locate(id).objectKey()));
    state.wal().runs().forEach(run -> keys.add(run.slice().objectKey()));
    return keys;
  }

  private List<Path> kept() throws Exception {
    try (Stream<Path> files = Files.list(database.file("my.duckdb").getParent())) {
      return files
          .filter(it -> it.getFileName().toString().matches("my\\.duckdb\\.replaced-[^.]*\\.\\d+Z"))
          .toList();
    }
  }

  private void assertFastForwarded() throws Exception {
    byte[] before = Files.readAllBytes(database.file("my.duckdb"));
    String theirs = anotherWriterAddsAndSweeps();
    assertThat(verdict()).isEqualTo(Verdict.FAST_FORWARD_KEEPING);
    database.open();
    assertThat(database.contents()).isEqualTo(theirs);
    assertThat(kept()).hasSize(1);
    assertThat(kept().get(0)).hasBinaryContent(before);
    goesOn();
  }

  @Test
  void open_whereNothingWasWrittenSince_isFastForwarded() throws Exception {
    database.open();
    database.execute("INSERT INTO t VALUES (5)");
    database.checkpoint();
    database.stop();
    assertFastForwarded();
  }

  @Test
  void open_whereTheWalIsAsLongAsWasSent_isFastForwarded() throws Exception {
    leaveAWal();
    assertFastForwarded();
  }

  @Test
  void open_withACommitOfItsOwn_hasDiverged() throws Exception {
    leaveAWal();
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (5)");
    anotherWriterAddsAndSweeps();
    refuses(DivergedException.class, "another writer has added");
  }

  @Test
  void open_withACheckpointOfItsOwn_hasDiverged() throws Exception {
    leaveAWal();
    database.runPlain("INSERT INTO t VALUES (5)", "CHECKPOINT");
    anotherWriterAddsAndSweeps();
    refuses(DivergedException.class, "another writer has added");
  }

  @Test
  void open_ofACopyInItsPlace_hasDiverged() throws Exception {
    leaveAWal();
    Path copy = Files.copy(database.file("my.duckdb"), directory.resolve("copy"));
    anotherWriterAddsAndSweeps();
    Files.delete(database.file("my.duckdb"));
    Files.move(copy, database.file("my.duckdb"));
    refuses(DivergedException.class, "another inode");
  }
}
