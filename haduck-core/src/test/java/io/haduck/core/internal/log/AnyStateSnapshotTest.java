package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A state that began with a snapshot of any seq is the one that read everything. */
class AnyStateSnapshotTest {
  private static final int HISTORIES = Integer.getInteger("haduck.histories", 30);
  private static final int LENGTH = 45;

  private final Seed seed = new Seed(AnyStateSnapshotTest.class);

  @Test
  void start_atEachSeqOfRandomLogs_goesOnAsIfAllHadBeenRead() {
    Map<ChangesetKind, Integer> seen = new EnumMap<>(ChangesetKind.class);
    int cut = 0;
    for (int round = 0; round < HISTORIES; round++) {
      History history = new History(seed.random);
      List<EncodedChangeset> changesets = new ArrayList<>();
      List<LogState> states = new ArrayList<>();
      for (int i = 0; i < LENGTH; i++) {
        changesets.add(history.next());
        states.add(history.head().copy());
      }
      List<byte[]> snapshots = new ArrayList<>();
      for (LogState state : states) {
        snapshots.add(SnapshotCodec.encode(state.snapshot()).toByteArray());
        cut += state.wal().runs().stream().anyMatch(run -> !run.isWhole()) ? 1 : 0;
      }
      for (int begin = 0; begin < LENGTH; begin++) {
        LogState found = started(snapshots.get(begin), changesets.get(begin));
        seen.merge(found.kind(), 1, Integer::sum);
        LogState read = states.get(begin).copy();
        read.countFromHere();
        for (int at = begin; at < LENGTH; at++) {
          if (at > begin) {
            DecodedChangeset next = changesets.get(at).decoded();
            found.requireApplicable(next);
            found.apply(next);
            read.apply(next);
          }
          if (at == begin || at == LENGTH - 1 || seed.random.nextInt(10) == 0) {
            SameState.assertSame(found, states.get(at));
            assertThat(SnapshotCodec.encode(found.snapshot()).toByteArray())
                .isEqualTo(snapshots.get(at));
          }
          assertThat(found.checkpointsSinceSnapshot()).isEqualTo(read.checkpointsSinceSnapshot());
          assertThat(found.changesetsSinceSnapshot()).isEqualTo(read.changesetsSinceSnapshot());
          assertThat(found.bytesSinceSnapshot()).isEqualTo(read.bytesSinceSnapshot());
        }
      }
    }
    assertThat(seen.keySet()).containsExactlyInAnyOrder(ChangesetKind.values());
    assertThat(cut).as("states with runs that were cut off").isPositive();
  }

  /** What follows is judged alike, too: what the one refuses, the other does. */
  @Test
  void start_refusesWhatTheStateThatReadEverythingRefuses() {
    int refused = 0;
    for (int round = 0; round < 300; round++) {
      History history = new History(seed.random);
      List<EncodedChangeset> changesets = new ArrayList<>();
      List<LogState> states = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        changesets.add(history.next());
        states.add(history.head().copy());
      }
      int at = seed.random.nextInt(11);
      LogState read = states.get(at).copy();
      byte[] snapshot = SnapshotCodec.encode(read.snapshot()).toByteArray();
      LogState found = started(snapshot, changesets.get(at));
      DecodedChangeset other = forged(changesets.get(at + 1).decoded(), read);
      String expected = refusal(read, other);
      assertThat(refusal(found, other)).isEqualTo(expected);
      refused += expected.isEmpty() ? 0 : 1;
    }
    assertThat(refused).isGreaterThan(20);
  }

  private static String refusal(LogState state, DecodedChangeset next) {
    try {
      state.apply(next);
      return "";
    } catch (CorruptDataException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Leaves out what it lists or frees again, names another roll-up, or continues elsewhere. */
  private DecodedChangeset forged(DecodedChangeset decoded, LogState before) {
    Changeset c = decoded.changeset();
    List<StoredBlock> blocks = new ArrayList<>(c.blocks());
    var freed = c.freed().clone();
    if (!blocks.isEmpty() && seed.random.nextBoolean()) {
      blocks.remove(seed.random.nextInt(blocks.size()));
    } else if (!freed.isEmpty()) {
      freed.remove(freed.first());
    }
    WalSection wal = c.wal();
    if (wal != null && !wal.selfContained()) {
      LogPosition rollUp = seed.random.nextBoolean() ? LogPosition.START : wal.rollUp();
      wal =
          WalSection.continued(
              wal.iteration(), wal.continueAt() + seed.random.nextInt(2), rollUp, wal.pieces());
    }
    Changeset forged =
        new Changeset(
            c.seq(),
            c.epoch(),
            c.nonce(),
            c.lineage(),
            c.parent(),
            c.anchor(),
            c.timeMicros(),
            c.kind(),
            c.identity(),
            c.headers(),
            c.segments(),
            c.earlier(),
            blocks,
            freed,
            wal,
            c.kind() == ChangesetKind.BASE
                ? BlockIndex.stateOf(blocks)
                : before.index().stateAfter(blocks, freed),
            c.databasePath());
    return new DecodedChangeset(
        forged, decoded.headLength(), decoded.inlineLength(), decoded.digest());
  }

  @Test
  void start_withTheSnapshotOfAnotherState_isRefused() {
    History history = new History(seed.random);
    history.base(3);
    history.wal();
    History fork = new History(seed.random, history.model(), history.head().copy());
    for (int i = 0; i < 50; i++) {
      LogState before = history.head().copy();
      EncodedChangeset ours = history.next();
      byte[] snapshot = SnapshotCodec.encode(history.head().snapshot()).toByteArray();
      fork.state = before;
      EncodedChangeset other = fork.epoch();
      assertThatThrownBy(() -> started(snapshot, other))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("position " + ours.position());
    }
  }

  private static LogState started(byte[] snapshot, EncodedChangeset last) {
    String key = LogKeys.snapshot(last.changeset().seq());
    return LogState.start(SnapshotCodec.decode(key, snapshot), last.decoded());
  }
}
