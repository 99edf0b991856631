package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.PutResult;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reading a log without reading all of it, and one of which not all is there. */
class SkippingTest {
  private final Seed seed = new Seed(SkippingTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final History history = new History(seed.random);
  private final List<LogState> states = new ArrayList<>();
  private final List<Changeset> changesets = new ArrayList<>();

  @Test
  void load_byNearAndFar_yieldsTheSameForEverySeq() {
    for (int i = 0; i < 150; i++) {
      commit(history.next());
      if (seed.random.nextInt(20) == 0) {
        snapshot();
      }
    }
    for (LogState expected : states) {
      for (long near : new long[] {0, 5, 1000}) {
        SameState.assertSame(load(expected.position().seq(), near), expected);
      }
    }
  }

  /** Of a WAL in the middle of an iteration whose beginning is gone. */
  @Test
  void load_ofALogThatBeginsWithASnapshotOfAWal_startsThere() {
    commit(history.base(5));
    for (int i = 0; i < 20; i++) {
      commit(i % 7 == 0 ? history.selfContainedWal() : history.wal());
    }
    snapshot();
    long first = last().position().seq();
    for (int i = 0; i < 40; i++) {
      commit(history.next());
    }
    for (long seq = 1; seq < first; seq++) {
      memory.deleteAll(List.of(LogKeys.changeset(seq)));
    }
    for (LogState expected : states.subList((int) first - 1, states.size())) {
      for (long near : new long[] {50, 1000}) {
        SameState.assertSame(load(expected.position().seq(), near), expected);
      }
    }
    assertThat(loader(1000).load(first - 1, LoadProgress.NONE)).isEmpty();
  }

  /** A snapshot between an anchor and the changeset that has it, far from what is asked for. */
  @Test
  void load_farBehindASnapshotOfAWal_doesNotGoBackBeyondIt() {
    commit(history.base(5));
    for (int i = 0; i < 20; i++) {
      commit(history.checkpoint(1, 1));
    }
    commit(history.wal());
    snapshot();
    commit(history.wal());
    for (int i = 0; i < 10; i++) {
      commit(history.checkpoint(1, 1));
    }
    for (long seq = 1; seq <= 10; seq++) {
      memory.deleteAll(List.of(LogKeys.changeset(seq)));
    }
    SameState.assertSame(load(last().position().seq(), 5), last());
  }

  @Test
  void load_ofManyWalChangesets_costsAsManyRequestsAsFollowTheRollUp() {
    commit(history.base(3));
    commit(history.checkpoint(2, 1));
    for (int i = 1; i <= 4500; i++) {
      commit(i % 1000 == 0 ? history.selfContainedWal() : history.tinyWal());
    }
    ReplicationLog log = new ReplicationLog(store);
    long before = store.calls(Operation.GET_RANGE);
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    // The first one, whether it is near; head, roll-up, checkpoint, base; the 500 after the
    // roll-up.
    assertThat(store.calls(Operation.GET_RANGE) - before).isBetween(500L, 505L);

    before = store.calls(Operation.GET_RANGE);
    SameState.assertSame(log.loadAt(2002, LoadProgress.NONE).orElseThrow(), states.get(2001));
    assertThat(store.calls(Operation.GET_RANGE) - before).as("itself a roll-up").isLessThan(5);
  }

  @Test
  void load_ofManyIterations_costsOneRequestForEach() {
    commit(history.base(3));
    for (int i = 0; i < 60; i++) {
      for (int j = 0; j < 20; j++) {
        commit(history.tinyWal());
      }
      commit(history.epoch());
      commit(history.checkpoint(1, 1));
    }
    commit(history.tinyWal());
    commit(history.epoch());
    commit(history.epoch());
    ReplicationLog log = new ReplicationLog(store);
    List<Long> seen = new ArrayList<>();
    SameState.assertSame(log.loadLatest((seq, end) -> seen.add(seq)).orElseThrow(), last());
    assertThat(seen).isSorted().startsWith(1L, 23L, 45L).endsWith(last().position().seq());
    assertThat(seen).hasSize(64);
    assertThat(store.calls(Operation.GET_RANGE)).isLessThan(75);
  }

  @Test
  void load_ofAThinnedLog_reachesWhatIsLeft() {
    for (int i = 0; i < 200; i++) {
      commit(history.next());
      if (i == 120) {
        commit(history.checkpoint(1, 1));
        snapshot();
      }
    }
    commit(history.checkpoint(2, 1));
    commit(history.wal());
    thin(changesets.size() - 1);
    for (LogState expected : states) {
      long seq = expected.position().seq();
      boolean kept = memory.objects.containsKey(LogKeys.changeset(seq));
      for (long near : new long[] {0, 1000}) {
        if (kept) {
          SameState.assertSame(load(seq, near), expected);
        } else {
          assertThat(loader(near).load(seq, LoadProgress.NONE)).isEmpty();
        }
      }
    }
    ReplicationLog log = new ReplicationLog(store);
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    for (LogState state : states) {
      long seq = state.position().seq();
      if (memory.objects.containsKey(LogKeys.changeset(seq))) {
        SameState.assertSame(log.loadAt(state.time(), LoadProgress.NONE).orElseThrow(), state);
      } else {
        assertThatThrownBy(() -> log.loadAt(state.time(), LoadProgress.NONE))
            .as("what is asked for is gone, and no neighbour is taken for it")
            .isInstanceOf(CorruptDataException.class)
            .hasMessageContaining(state.time() + " may lie there");
      }
    }
  }

  @Test
  void load_ofAThinnedLogThatBeginsWithASnapshot_startsThere() {
    commit(history.base(5));
    for (int i = 0; i < 30; i++) {
      commit(history.tinyWal());
    }
    commit(history.checkpoint(1, 1));
    snapshot();
    long first = last().position().seq();
    for (int i = 0; i < 5; i++) {
      commit(history.tinyWal());
    }
    commit(history.checkpoint(1, 1));
    commit(history.tinyWal());
    thin(changesets.size() - 2);
    for (long seq = 1; seq < first; seq++) {
      memory.deleteAll(List.of(LogKeys.changeset(seq)));
    }
    SameState.assertSame(load(last().position().seq(), 1000), last());
    assertThat(loader(1000).load(1, LoadProgress.NONE)).isEmpty();
  }

  @Test
  void load_overAGapThatIsNeeded_namesIt() {
    commit(history.base(2)); // 1
    commit(history.tinyWal());
    commit(history.checkpoint(1, 0)); // 3
    commit(history.tinyWal());
    commit(history.selfContainedWal()); // 5
    commit(history.tinyWal());
    commit(history.tinyWal()); // 7
    commit(history.epoch());
    commit(history.checkpoint(1, 0)); // 9
    commit(history.tinyWal());
    assertNeeded(8, 1, 3, 5, 6, 7);
    assertNeeded(7, 1, 3, 5, 6);
    assertNeeded(5, 1, 3);
    assertNeeded(4, 1, 3);
    assertNeeded(10, 1, 3, 9);
  }

  @Test
  void load_behindADamagedChangesetThatCanBeSkipped_doesWithoutIt() {
    commit(history.base(2)); // 1
    commit(history.tinyWal());
    commit(history.tinyWal()); // 3, damaged
    commit(history.tinyWal());
    commit(history.selfContainedWal()); // 5
    commit(history.tinyWal());
    commit(history.checkpoint(1, 0)); // 7
    commit(history.tinyWal());
    memory.objects.get(LogKeys.changeset(3))[40] ^= 1;
    for (long near : new long[] {0, 1000}) {
      for (long seq : new long[] {1, 2, 5, 6, 7, 8}) {
        SameState.assertSame(load(seq, near), states.get((int) seq - 1));
      }
      for (long seq : new long[] {3, 4}) {
        assertThatThrownBy(() -> load(seq, near))
            .isInstanceOf(CorruptDataException.class)
            .hasMessageContaining(LogKeys.changeset(3));
      }
    }
  }

  @Test
  void load_whereTheRollUpWasExchanged_isAnError() {
    commit(history.base(2));
    commit(history.tinyWal());
    LogState before = history.head().copy();
    commit(history.selfContainedWal());
    commit(history.tinyWal());
    LogState target = last();
    history.state = before;
    memory.deleteAll(List.of(LogKeys.changeset(3)));
    history.commit(memory, history.epoch());
    assertThatThrownBy(() -> load(target.position().seq(), 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.changeset(4) + " leads to 3 (digest ");
  }

  @Test
  void load_pastASnapshotThatIsNotOnTheWay_usesWhatIs() {
    commit(history.base(2));
    commit(history.checkpoint(1, 0));
    snapshot();
    LogState fork = history.head().copy();
    commit(history.tinyWal());
    commit(history.checkpoint(1, 0));
    LogState target = last();
    // What a frozen writer did at seq 3, where the real one was thinned out.
    history.state = fork;
    memory.deleteAll(List.of(LogKeys.changeset(3)));
    EncodedChangeset stray = history.commit(memory, history.checkpoint(1, 0));
    assertThat(new ReplicationLog(memory).writeSnapshot(history.head()).outcome())
        .isEqualTo(PutResult.Outcome.DONE);
    assertThat(stray.changeset().seq()).isEqualTo(3);
    SameState.assertSame(load(4, 0), target);
  }

  /** The same, but of a WAL or EPOCH with the anchor of those that are on the way. */
  @Test
  void load_pastASnapshotOfAStrayInMidWal_usesWhatIs() {
    for (int round = 0; round < 4; round++) {
      memory.objects.clear();
      states.clear();
      changesets.clear();
      history.state = null;
      commit(history.base(4));
      commit(history.checkpoint(2, 0));
      LogState fork = history.head().copy();
      History.Model model = history.model();
      commit(history.tinyWal());
      commit(round % 2 == 0 ? history.checkpoint(1, 0) : history.selfContainedWal());
      LogState target = last();
      memory.deleteAll(List.of(LogKeys.changeset(3)));
      var frozen = new History(seed.random, model, fork);
      frozen.commit(memory, round < 2 ? frozen.epoch() : frozen.selfContainedWal());
      assertThat(new ReplicationLog(memory).writeSnapshot(frozen.head()).outcome())
          .isEqualTo(PutResult.Outcome.DONE);
      for (long near : new long[] {0, 1000}) {
        SameState.assertSame(load(4, near), target);
        SameState.assertSame(loader(near).loadLatest(LoadProgress.NONE).orElseThrow(), target);
      }
    }
  }

  /** That a target cannot be read without each of these, and can without all others below it. */
  private void assertNeeded(long target, long... needed) {
    List<Long> list = new ArrayList<>();
    for (long seq : needed) {
      list.add(seq);
    }
    for (long seq = 1; seq < target; seq++) {
      String key = LogKeys.changeset(seq);
      byte[] kept = memory.objects.remove(key);
      assertThat(kept).isNotNull();
      if (list.contains(seq)) {
        for (long near : new long[] {0, 1000}) {
          assertThatThrownBy(() -> load(target, near))
              .isInstanceOf(CorruptDataException.class)
              .hasMessageContaining(key + " is missing");
        }
      } else {
        SameState.assertSame(load(target, 0), states.get((int) target - 1));
        SameState.assertSame(load(target, 1000), states.get((int) target - 1));
      }
      memory.objects.put(key, kept);
    }
  }

  /** Deletes the WAL and EPOCH changesets before the last BASE or CHECKPOINT up to some seq. */
  private void thin(int upTo) {
    int last = upTo;
    while (!changesets.get(last - 1).kind().hasHeaders()) {
      last--;
    }
    int deleted = 0;
    for (Changeset changeset : changesets.subList(0, last)) {
      if (!changeset.kind().hasHeaders()) {
        memory.deleteAll(List.of(changeset.key()));
        deleted++;
      }
    }
    assertThat(deleted).isPositive();
  }

  private void commit(EncodedChangeset encoded) {
    history.commit(memory, encoded);
    states.add(history.head().copy());
    changesets.add(encoded.changeset());
  }

  private void snapshot() {
    assertThat(new ReplicationLog(memory).writeSnapshot(history.head()).outcome())
        .isEqualTo(PutResult.Outcome.DONE);
  }

  private LogState last() {
    return states.get(states.size() - 1);
  }

  private LogState load(long seq, long near) {
    return loader(near).load(seq, LoadProgress.NONE).orElseThrow();
  }

  private LogLoader loader(long near) {
    return new LogLoader(memory, new ChangesetHeads(memory), () -> ReadableStates.NONE, near);
  }
}
