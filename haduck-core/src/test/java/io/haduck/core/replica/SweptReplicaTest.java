package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CommitReceipt;
import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.UnopenedException;
import io.haduck.core.internal.kept.ThinnedLog;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is restored and verified of a replica of which states were given up. */
class SweptReplicaTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private Path replica;
  private ObjectStore store;
  private ThinnedLog log;

  /** What each state held, by seq. */
  private final TreeMap<Long, String> contents = new TreeMap<>();

  private final TreeMap<Long, Instant> times = new TreeMap<>();
  private int targets;

  @BeforeEach
  void makeALog() throws Exception {
    replica = directory.resolve("replica");
    store = new FileObjectStore(replica);
    log = new ThinnedLog(store);
    database = ReplicatedDatabase.open(directory, replica);
    database.execute("CREATE TABLE t AS SELECT range AS a, 'x' AS b FROM range(1000)");
    note(database.checkpoint());
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        database.execute("INSERT INTO t VALUES (" + i + ", 'row " + j + "')");
        note(database.awaitPosition());
      }
      database.execute("UPDATE t SET b = 'round " + i + "' WHERE a = " + i);
      note(database.checkpoint());
    }
    database.stop();
  }

  private void note(CommitReceipt receipt) throws Exception {
    contents.put(receipt.seq(), database.contents());
    times.put(receipt.seq(), receipt.time());
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    database.close();
  }

  private long nth(int index) {
    return List.copyOf(contents.keySet()).get(index);
  }

  /** As errors name a state. */
  private String named(int index) {
    return "seq " + nth(index) + " (" + times.get(nth(index)) + ")";
  }

  /** All from the seventh state on is kept, and the third, which is one of a write-ahead log. */
  private void giveUp() {
    log.giveUp(nth(6), nth(2));
  }

  private RestoreResult restore(RestoreTarget moment) {
    Path target = directory.resolve("target" + targets++ + "/my.duckdb");
    try {
      Files.createDirectories(target.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Restorer.create().restore(RestoreRequest.latest(store, target).at(moment));
  }

  private void restoresAsItWas(long seq) throws Exception {
    RestoreResult result = restore(new RestoreTarget.AtSeq(seq));
    assertThat(result.seq()).isEqualTo(seq);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + result.destination())) {
      assertThat(ReplicatedDatabase.contentsOf(plain)).isEqualTo(contents.get(seq));
    }
  }

  private VerifyReport verify() {
    return Verifier.create().run(store, VerifyProgress.none());
  }

  @Test
  void restore_ofWhatIsKept_isExact_andOfWhatIsNot_namesTheNearest() throws Exception {
    giveUp();
    assertThat(log.sweep()).isNotEmpty();
    for (long seq : contents.keySet()) {
      if (seq >= nth(6) || seq == nth(2)) {
        restoresAsItWas(seq);
        assertThat(restore(new RestoreTarget.AtTime(times.get(seq))).seq()).isEqualTo(seq);
      }
    }
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(nth(4))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "does not keep seq " + nth(4) + " any more: its retention has given it up",
            named(2) + " before, " + named(6) + " after",
            "The oldest state that it keeps: " + named(2));
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(times.get(nth(4)))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "does not keep the state of " + times.get(nth(4)),
            named(2) + " is the last one before, " + named(6) + " the first one after");
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(times.get(nth(0)))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "does not keep the state of " + times.get(nth(0)),
            "its retention has given up what was before",
            "from " + times.get(nth(2)));
    assertThat(restore(RestoreTarget.latest()).seq()).isEqualTo(contents.lastKey());
  }

  @Test
  void restore_goesByTheManifest_whateverKeysLieThere() {
    giveUp();
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(nth(4))))
        .isInstanceOf(DivergedException.class);
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(times.get(nth(3)))))
        .isInstanceOf(DivergedException.class);
    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void restore_afterAWriterHasFilledAHole_doesNotSeeIt() throws Exception {
    giveUp();
    long hole =
        log.sweep().stream()
            .flatMapToLong(key -> LogKeys.changesetSeq(key).stream())
            .filter(seq -> seq > nth(2))
            .findFirst()
            .orElseThrow();
    Files.copy(
        replica.resolve(LogKeys.changeset(nth(7))), replica.resolve(LogKeys.changeset(hole)));
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(hole)))
        .isInstanceOf(DivergedException.class);
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(times.get(hole))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining(named(2) + " is the last one before");
    VerifyReport report = verify();
    assertThat(report.findings()).isEmpty();
    assertThat(report.isReadable(hole)).isFalse();
  }

  @Test
  void verify_ofAThinnedLog_findsNothing_andReadsWhatIsKept() {
    giveUp();
    log.sweep();
    VerifyReport report = verify();
    assertThat(report.findings()).isEmpty();
    for (long seq : contents.keySet()) {
      assertThat(report.isReadable(seq)).as("seq " + seq).isEqualTo(seq >= nth(6) || seq == nth(2));
    }
    assertThat(report.notes()).noneMatch(note -> note.contains("kept/"));
  }

  @Test
  void verify_findsAKeptStateThatIsLost() {
    giveUp();
    log.sweep();
    store.deleteAll(List.of(LogKeys.changeset(nth(2))));
    assertThat(verify().findings())
        .singleElement()
        .asString()
        .contains(
            LogKeys.changeset(nth(2)),
            "is kept (daily " + nth(2) + ") and cannot be restored",
            "estore an undamaged version");
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(nth(2))))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("is kept, but " + LogKeys.changeset(nth(2)) + " is missing");
    assertThatThrownBy(() -> restore(new RestoreTarget.AtTime(times.get(nth(3)))))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContainingAll(LogKeys.changeset(nth(2)), "its state is kept");
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(nth(4))))
        .isInstanceOf(DivergedException.class);
  }

  @Test
  void verify_findsThatAKeptStateLostItsSnapshot_andDoesNotCallItUseless() throws Exception {
    giveUp();
    log.sweep();
    Path snapshot = replica.resolve(LogKeys.snapshot(nth(2)));
    byte[] bytes = Files.readAllBytes(snapshot);
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshot, bytes);
    assertThat(verify().findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.key()).isEqualTo(LogKeys.snapshot(nth(2)));
              assertThat(finding.whatToDo()).contains("do not delete it");
            })
        .anySatisfy(finding -> assertThat(finding.what()).contains("cannot be restored"))
        .noneSatisfy(finding -> assertThat(finding.whatToDo()).contains("may be deleted"));
  }

  @Test
  void verify_findsAGapAboveTheFloor_andWhatElseLiesInTheSeqOfAKeptState() throws Exception {
    giveUp();
    log.sweep();
    store.deleteAll(List.of(LogKeys.changeset(nth(7))));
    Files.copy(
        replica.resolve(LogKeys.changeset(nth(8))),
        replica.resolve(LogKeys.changeset(nth(2))),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(verify().findings())
        .anySatisfy(
            finding ->
                assertThat(finding.what())
                    .contains("the log has a gap: seq " + nth(7) + " is missing"))
        .anySatisfy(finding -> assertThat(finding.seq()).isEqualTo(nth(2)));
  }

  @Test
  void manifest_thatIsDamaged_isFound_andRestoresOfTheHeadGoOn() throws Exception {
    giveUp();
    Path manifest = replica.resolve(LogKeys.kept(1));
    byte[] bytes = Files.readAllBytes(manifest);
    bytes[bytes.length / 2] ^= 1;
    Files.write(manifest, bytes);
    assertThat(verify().findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.key()).isEqualTo(LogKeys.kept(1)));
    assertThat(restore(RestoreTarget.latest()).seq()).isEqualTo(contents.lastKey());
    assertThatThrownBy(() -> restore(new RestoreTarget.AtSeq(nth(2))))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.kept(1));
  }

  @Test
  void verify_whileTheReplicaIsSwept_readsItAnew() {
    Sweeping sweeping = new Sweeping(store);
    sweeping.beforeReading(
        LogKeys.changeset(nth(3)),
        () -> {
          giveUp();
          log.sweep();
        });
    VerifyReport report = Verifier.create().run(sweeping, VerifyProgress.none());
    assertThat(report.findings()).isEmpty();
    assertThat(report.isReadable(nth(2))).isTrue();
    assertThat(report.isReadable(nth(3))).isFalse();
  }

  /** Opens what holds the same as one of the states, and nothing else. */
  private RestoreResult restoreWhatOpens(long from, long opens) {
    Path target = directory.resolve("opened" + targets++ + "/my.duckdb");
    assertThat(target.getParent().toFile().mkdir()).isTrue();
    return Restorer.create()
        .restore(
            RestoreRequest.latest(store, target)
                .at(new RestoreTarget.AtSeq(from))
                .toNewestReadable(),
            candidate -> {
              try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + candidate)) {
                if (ReplicatedDatabase.contentsOf(plain).equals(contents.get(opens))) {
                  return;
                }
              } catch (SQLException e) {
                throw new UnopenedException("not opened", false, e);
              }
              throw new UnopenedException("another state", true, null);
            });
  }

  @Test
  void restore_toTheNewestReadable_passesOverWhatWasGivenUp() {
    giveUp();
    log.sweep();
    assertThat(restoreWhatOpens(contents.lastKey(), nth(2)).seq()).isEqualTo(nth(2));
    assertThatThrownBy(() -> restoreWhatOpens(contents.lastKey(), nth(4)))
        .isInstanceOf(UnopenedException.class)
        .hasMessageContaining("opens no state");
  }
}
