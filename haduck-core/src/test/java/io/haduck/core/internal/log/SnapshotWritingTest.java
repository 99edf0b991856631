package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.PutResult;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a snapshot is due, and what becomes of one that is written. */
class SnapshotWritingTest {
  private final Seed seed = new Seed(SnapshotWritingTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final History history = new History(seed.random);
  private final ReplicationLog log = new ReplicationLog(store);

  @Test
  void snapshotPolicy_waitsForLengthAndWorth() {
    SnapshotPolicy policy = new SnapshotPolicy(3, 1L << 40, 1L << 40);
    history.base(2);
    LogState state = history.head();
    assertThat(state.checkpointsSinceSnapshot()).as("a BASE needs none").isZero();
    history.checkpoint(0, 0);
    history.checkpoint(0, 0);
    assertThat(policy.isDue(state)).isFalse();
    history.checkpoint(0, 0);
    assertThat(state.bytesSinceSnapshot()).isLessThan(4 * SnapshotCodec.estimateLength(state));
    assertThat(policy.isDue(state)).as("not worth it yet").isFalse();
    while (state.bytesSinceSnapshot() < 4 * SnapshotCodec.estimateLength(state)) {
      history.checkpoint(20, 20);
    }
    assertThat(policy.isDue(state)).isTrue();
    assertThat(new SnapshotPolicy(1000, 50_000, 10_000).isDue(state)).as("by bytes").isTrue();
    history.wal();
    assertThat(policy.isDue(state)).as("in mid-WAL as well").isTrue();
    assertThat(log.writeSnapshot(state).outcome()).isEqualTo(PutResult.Outcome.DONE);
    assertThat(policy.isDue(state)).isFalse();
    assertThat(state.checkpointsSinceSnapshot()).isZero();
    assertThat(state.changesetsSinceSnapshot()).isZero();
    assertThat(log.writeSnapshot(state).outcome()).isEqualTo(PutResult.Outcome.EXISTS);
  }

  @Test
  void snapshotPolicy_ofALogOfWal_countsChangesetsOfAnyKind() {
    SnapshotPolicy policy = new SnapshotPolicy(1L << 40, 1L << 40, 50);
    history.base(2);
    LogState state = history.head();
    while (state.changesetsSinceSnapshot() < 49) {
      history.tinyWal();
    }
    assertThat(policy.isDue(state)).isFalse();
    history.tinyWal();
    assertThat(state.bytesSinceSnapshot())
        .isGreaterThanOrEqualTo(SnapshotCodec.estimateLength(state))
        .isLessThan(4 * SnapshotCodec.estimateLength(state));
    assertThat(policy.isDue(state)).as("as long as what they wrote").isTrue();
    history.base(2_000);
    state.countFromHere();
    SnapshotPolicy sooner = new SnapshotPolicy(1L << 40, 1L << 40, 10);
    while (state.changesetsSinceSnapshot() < 99) {
      history.tinyWal();
    }
    assertThat(state.bytesSinceSnapshot()).isLessThan(SnapshotCodec.estimateLength(state));
    assertThat(sooner.isDue(state)).as("longer than what they wrote").isFalse();
    history.tinyWal();
    assertThat(sooner.isDue(state)).as("ten times as many").isTrue();
  }

  @Test
  void writeSnapshot_whereSomethingElseIs_isAnErrorThatSaysWhatToDo() {
    for (int i = 0; i < 5; i++) {
      history.commit(memory, history.next());
    }
    LogState state = history.head();
    String key = state.snapshot().key();
    byte[] right = SnapshotCodec.encode(state.snapshot()).toByteArray();
    byte[] flipped = right.clone();
    flipped[seed.random.nextInt(right.length)] ^= 1;
    for (byte[] wrong :
        List.of(
            new byte[0],
            flipped,
            Arrays.copyOf(right, right.length - 1),
            Arrays.copyOf(right, right.length + 1))) {
      memory.objects.put(key, wrong);
      long counted = state.bytesSinceSnapshot();
      assertThatThrownBy(() -> log.writeSnapshot(state))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining(key)
          .hasMessageContaining("delete that key");
      assertThat(state.bytesSinceSnapshot()).isEqualTo(counted);
    }
    memory.objects.put(key, right);
    assertThat(log.writeSnapshot(state).outcome()).isEqualTo(PutResult.Outcome.EXISTS);
    assertThat(state.bytesSinceSnapshot()).isZero();
  }

  @Test
  void writeSnapshot_whereWhatExistsCannotBeRead_isUnknown_andCountsOn() {
    history.commit(memory, history.base(3));
    history.commit(memory, history.wal());
    LogState state = history.head();
    memory.objects.put(
        state.snapshot().key(), SnapshotCodec.encode(state.snapshot()).toByteArray());
    for (Fault fault : new Fault[] {Fault.ERROR_BEFORE, Fault.SHORT_READ}) {
      store.failNext(Operation.GET, fault);
      assertThat(log.writeSnapshot(state).outcome()).isEqualTo(PutResult.Outcome.UNKNOWN);
      assertThat(state.bytesSinceSnapshot()).isPositive();
    }
    assertThat(log.writeSnapshot(state).outcome()).isEqualTo(PutResult.Outcome.EXISTS);
  }

  @Test
  void writeSnapshot_whoseOutcomeIsUnknown_countsOn() {
    history.commit(memory, history.next());
    EncodedChangeset checkpoint = history.commit(memory, history.checkpoint(1, 0));
    store.failNext(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE);
    assertThat(log.writeSnapshot(history.head()).outcome()).isEqualTo(PutResult.Outcome.UNKNOWN);
    assertThat(history.head().checkpointsSinceSnapshot()).isPositive();
    assertThat(checkpoint.position()).isEqualTo(history.head().position());
  }

  /** As one may be long, and each commit waits for it. */
  @Test
  void writeIfDue_whereTheStoreTakesNone_asksItOncePerThousandCommits() {
    DueSnapshots due = new DueSnapshots(log, new SnapshotPolicy(1L << 40, 1L << 40, 100));
    history.base(2);
    store.beforeCall(
        (operation, key) -> {
          throw new UnavailableException("no snapshots, please");
        });
    int said = 0;
    for (int i = 0; i < 2_500; i++) {
      history.tinyWal();
      said += due.writeIfDue(history.head()).isPresent() ? 1 : 0;
    }
    assertThat(said).isEqualTo(3);
    assertThat(store.calls(Operation.PUT_IF_ABSENT)).isEqualTo(3);
    history.checkpoint(1, 0);
    assertThat(due.writeIfDue(history.head())).as("after a CHECKPOINT").isPresent();
    store.beforeCall((operation, key) -> {});
    history.checkpoint(1, 0);
    assertThat(due.writeIfDue(history.head())).isEmpty();
    assertThat(memory.objects).containsOnlyKeys(history.head().snapshot().key());
    for (int i = 0; i < 300; i++) {
      history.tinyWal();
      assertThat(due.writeIfDue(history.head())).isEmpty();
    }
    assertThat(memory.objects).as("of those that followed").hasSizeGreaterThan(1);
  }
}
