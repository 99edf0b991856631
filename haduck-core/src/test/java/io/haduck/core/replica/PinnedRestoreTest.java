package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.kept.ThinnedLog;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.restore.RestoreProgress;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores while the replica is swept. */
class PinnedRestoreTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private ObjectStore files;
  private Sweeping store;
  private ThinnedLog log;
  private final List<Long> seqs = new ArrayList<>();
  private final List<String> contents = new ArrayList<>();

  @BeforeEach
  void makeALog() throws Exception {
    Path replica = directory.resolve("replica");
    files = new FileObjectStore(replica);
    store = new Sweeping(files);
    log = new ThinnedLog(files);
    database = ReplicatedDatabase.open(directory, replica);
    for (int i = 0; i < 6; i++) {
      // Nothing of the state before is needed by the next one.
      database.execute(
          "CREATE OR REPLACE TABLE t AS SELECT hash(range + " + i + ") AS a FROM range(20000)");
      CommitReceipt receipt = database.checkpoint();
      seqs.add(receipt.seq());
      contents.add(database.contents());
    }
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    files.close();
    database.close();
  }

  private RestoreResult restore(int state, Runnable meanwhile) throws Exception {
    Path target = Files.createDirectory(directory.resolve("target")).resolve("my.duckdb");
    AtomicInteger told = new AtomicInteger();
    store.beforeFetching(
        () -> {
          told.incrementAndGet();
          meanwhile.run();
        });
    RestoreResult result =
        Restorer.create()
            .restore(
                RestoreRequest.latest(store, target)
                    .at(new RestoreTarget.AtSeq(seqs.get(state)))
                    .reportingTo(RestoreProgress.none()));
    assertThat(told).as("swept in the middle of it").hasValue(1);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + target)) {
      assertThat(ReplicatedDatabase.contentsOf(plain)).isEqualTo(contents.get(state));
    }
    return result;
  }

  /** Also what a later state happens to need of the third one. */
  private void loseBelow(int state) {
    log.giveUp(seqs.get(state));
    log.sweep();
    files.deleteAll(List.of(LogKeys.changeset(seqs.get(2))));
  }

  @Test
  void restore_whileItsStateIsGivenUp_isPinned_andLeavesNoPin() throws Exception {
    log.giveUp(seqs.get(1));
    restore(
        2,
        () -> {
          assertThat(log.held()).singleElement().asString().contains("pin ", "(restore)");
          log.giveUp(seqs.get(4));
          assertThat(log.sweep()).isNotEmpty();
        });
    assertThat(log.held()).isEmpty();
  }

  @Test
  void restore_thatMayNotWrite_goesOnWithoutAPin() throws Exception {
    log.giveUp(seqs.get(1));
    store.refuse("pin/");
    restore(2, () -> assertThat(log.held()).isEmpty());
  }

  @Test
  void restore_withoutAPin_ofWhatIsGivenUpAndGone_saysThatItWasGivenUp() throws Exception {
    log.giveUp(seqs.get(1));
    store.refuse("pin/");
    assertThatThrownBy(() -> restore(2, () -> loseBelow(4)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "its retention has given it up", "seq " + seqs.get(4) + " (", "Nothing was changed");
    assertThat(directory.resolve("target/my.duckdb")).doesNotExist();
  }

  @Test
  void restore_ofALogThatWasNeverSwept_pinsNothing_andMeetsTheFirstSweep() throws Exception {
    assertThatThrownBy(
            () ->
                restore(
                    2,
                    () -> {
                      assertThat(log.held()).isEmpty();
                      loseBelow(4);
                    }))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("its retention has given it up");
  }

  @Test
  void restore_ofWhatIsLostWithoutASweep_isNotTriedAgain() throws Exception {
    log.giveUp(seqs.get(1));
    assertThatThrownBy(
            () -> restore(2, () -> files.deleteAll(List.of(LogKeys.changeset(seqs.get(2))))))
        .isInstanceOf(MissingObjectException.class);
    assertThat(log.held()).isEmpty();
  }

  @Test
  void restore_ofALogThatWasNeverSwept_writesNothing() {
    var counting = new CountingStore(files);
    Restorer.create().restore(RestoreRequest.latest(counting, directory.resolve("a.duckdb")));
    assertThat(counting.puts()).isZero();
  }
}
