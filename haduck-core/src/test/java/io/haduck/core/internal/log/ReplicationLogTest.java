package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicationLogTest {
  private final Seed seed = new Seed(ReplicationLogTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final History history = new History(seed.random);
  private final ReplicationLog log = new ReplicationLog(store);
  private final List<LogState> states = new ArrayList<>();

  @Test
  void loadAt_anySeqOrTime_yieldsTheStateThatTheWriterHad() {
    commit(120);
    for (LogState expected : states) {
      long seq = expected.position().seq();
      SameState.assertSame(log.loadAt(seq, LoadProgress.NONE).orElseThrow(), expected);
      Instant time = LogTime.toInstant(expected.timeMicros());
      assertThat(log.loadAt(time, LoadProgress.NONE).orElseThrow().position())
          .isEqualTo(expected.position());
      LogPosition before = seq == 1 ? LogPosition.START : states.get((int) seq - 2).position();
      assertThat(
              log.loadAt(time.minusNanos(1000), LoadProgress.NONE)
                  .map(LogState::position)
                  .orElse(LogPosition.START))
          .isEqualTo(before);
    }
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    assertThat(log.loadAt(121, LoadProgress.NONE)).isEmpty();
    assertThat(log.loadAt(Instant.MAX, LoadProgress.NONE)).isPresent();
    assertThat(log.loadAt(Instant.MIN, LoadProgress.NONE)).isEmpty();
  }

  @Test
  void load_ofFilesInADirectory_works(@TempDir Path directory) {
    try (FileObjectStore files = new FileObjectStore(directory)) {
      var onFiles = new Appender(files, Ticker.system(), InstantSource.system());
      assertThat(new ReplicationLog(files).loadLatest(LoadProgress.NONE)).isEmpty();
      for (int i = 0; i < 12; i++) {
        assertThat(onFiles.append(history.next()).outcome()).isEqualTo(AppendOutcome.COMMITTED);
      }
      SameState.assertSame(
          new ReplicationLog(files).loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
    }
  }

  @Test
  void loadLatest_tellsProgressToTheEnd() {
    commit(10);
    List<Long> seen = new ArrayList<>();
    log.loadLatest(
        (seq, lastSeq) -> {
          seen.add(seq);
          assertThat(lastSeq).isEqualTo(10);
        });
    assertThat(seen).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
  }

  @Test
  void load_ofHeadLongerThanTheFirstRead_readsTheRest() {
    EncodedChangeset base = history.base(6000);
    assertThat(base.headLength()).isGreaterThan(64 << 10);
    history.commit(memory, base);
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
  }

  @Test
  void load_overAGap_isAnErrorThatNamesIt() {
    commitCheckpoints(20);
    memory.deleteAll(List.of(LogKeys.changeset(8)));
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.changeset(8))
        .hasMessageContaining("is missing");
    SameState.assertSame(log.loadAt(7, LoadProgress.NONE).orElseThrow(), states.get(6));
  }

  @Test
  void load_ofDamagedChangeset_isAnErrorThatNamesIt() {
    commitCheckpoints(20);
    String key = LogKeys.changeset(13);
    byte[] good = memory.objects.get(key);
    byte[] bad = good.clone();
    bad[200] ^= 1;
    memory.objects.put(key, bad);
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(key);
    memory.objects.put(key, Arrays.copyOf(good, good.length - 1));
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(key);
  }

  @Test
  void load_ofChangesetThatWasExchanged_isAnError() {
    commitCheckpoints(5);
    history.state = states.get(3).copy();
    EncodedChangeset other = history.checkpoint(1, 0);
    memory.objects.put(other.key(), other.body().toByteArray());
    assertThat(log.loadLatest(LoadProgress.NONE)).isPresent(); // the head itself may be any
    history.state = states.get(2).copy();
    EncodedChangeset inside = history.checkpoint(1, 0);
    memory.objects.put(inside.key(), inside.body().toByteArray());
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.changeset(5))
        .hasMessageContaining("expected parent digest");
  }

  @Test
  void load_whileOneRequestFails_triesItAgain() {
    commitCheckpoints(20);
    store.failNext((operation, key) -> key.equals(LogKeys.changeset(15)), Fault.ERROR_BEFORE);
    assertThat(log.loadLatest(LoadProgress.NONE).orElseThrow().position().seq()).isEqualTo(20);
    assertThat(store.faults(Fault.ERROR_BEFORE)).isEqualTo(1);
  }

  @Test
  void load_whileTheStoreFails_isUnavailable() {
    commitCheckpoints(20);
    store.rate(Operation.GET_RANGE, Fault.ERROR_BEFORE, 1);
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void loadLatest_withASnapshot_readsOnlyWhatFollows() {
    commitWithSnapshots(40, 20);
    long before = store.calls(Operation.GET_RANGE);
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    assertThat(store.calls(Operation.GET_RANGE) - before)
        .isEqualTo(last().position().seq() - newestSnapshot() + 1);
  }

  @Test
  void loadAt_belowTheNewestSnapshot_usesAnOlderOne() {
    commitWithSnapshots(60, 15);
    for (LogState expected : states) {
      SameState.assertSame(
          log.loadAt(expected.position().seq(), LoadProgress.NONE).orElseThrow(), expected);
    }
  }

  @Test
  void loadLatest_withSnapshotsThatLie_usesOthersOrTheBase() {
    commitWithSnapshots(50, 12);
    List<String> snapshots = List.copyOf(memory.objects.tailMap("snapshot/").keySet());
    assertThat(snapshots).hasSizeGreaterThan(2);
    for (int i = snapshots.size() - 1; i >= 0; i--) {
      String key = snapshots.get(i);
      byte[] bytes = memory.objects.get(key);
      switch (i % 3) {
        case 0 -> bytes[bytes.length / 2] ^= 1;
        case 1 -> memory.objects.put(key, new byte[0]);
        default -> memory.objects.put(key, lyingSnapshot(LogKeys.snapshotSeq(key).orElseThrow()));
      }
      SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    }
  }

  @Test
  void loadLatest_afterTheLogBelowASnapshotWasDeleted_startsThere() {
    commitCheckpoints(30);
    assertThat(log.writeSnapshot(history.head()).outcome()).isEqualTo(PutResult.Outcome.DONE);
    long snapshot = newestSnapshot();
    for (int i = 0; i < 10; i++) { // no BASE, from which reading could start anew
      history.commit(memory, i % 3 == 0 ? history.wal() : history.checkpoint(2, 1));
      states.add(history.head().copy());
    }
    for (long seq = 1; seq < snapshot; seq++) {
      memory.deleteAll(List.of(LogKeys.changeset(seq)));
    }
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    // A frozen writer's key where the real one was deleted does not disturb.
    memory.put(LogKeys.changeset(3), ObjectBody.of(new byte[1]));
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), last());
    Instant time = LogTime.toInstant(last().timeMicros());
    assertThat(log.loadAt(time, LoadProgress.NONE).orElseThrow().position())
        .isEqualTo(last().position());
    assertThat(log.loadAt(3, LoadProgress.NONE)).isEmpty();
    memory.deleteAll(List.of(LogKeys.snapshot(snapshot)));
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("no usable snapshot");
  }

  @Test
  void loadLatest_whileAnotherWriterBeginsTheLog_isNoError() {
    commitWithSnapshots(10, 5);
    Map<String, byte[]> begun = new HashMap<>(memory.objects);
    memory.objects.clear();
    ObjectStore slow =
        (ObjectStore)
            Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (proxy, method, arguments) -> {
                  Object answer = method.invoke(memory, arguments);
                  if (method.getName().equals("list")) {
                    memory.objects.putAll(begun); // between this look and the next
                  }
                  return answer;
                });
    SameState.assertSame(
        new ReplicationLog(slow).loadLatest(LoadProgress.NONE).orElseThrow(), last());
  }

  @Test
  void loadLatest_withSnapshotsButNoChangesets_isAnError() {
    commitWithSnapshots(10, 5);
    memory.objects.headMap("segment/").clear();
    assertThatThrownBy(() -> log.loadLatest(LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("no changesets");
  }

  @Test
  void poll_appliesWhatIsNew() {
    commit(5);
    LogState reader = log.loadLatest(LoadProgress.NONE).orElseThrow();
    long before = store.calls();
    assertThat(log.poll(reader)).isZero();
    assertThat(store.calls() - before).isEqualTo(1);
    commit(1);
    assertThat(log.poll(reader)).isEqualTo(1);
    commit(30);
    assertThat(log.poll(reader)).isEqualTo(30);
    SameState.assertSame(reader, last());
    commit(3);
    memory.deleteAll(List.of(LogKeys.changeset(38)));
    assertThatThrownBy(() -> log.poll(reader))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.changeset(38));
  }

  @Test
  void lost_saysWhetherHistoryIsMissing() {
    assertThat(log.lost(LogPosition.START)).isEmpty();
    commit(10);
    LogPosition recorded = states.get(6).position();
    assertThat(log.lost(recorded)).isEmpty();
    assertThat(log.lost(new LogPosition(7, Digest.sha256(new byte[1]))).orElseThrow())
        .contains("another history");
    memory.deleteAll(List.of(LogKeys.changeset(7)));
    assertThat(log.lost(recorded)).as("older than what is kept").isEmpty();
    for (long seq = 6; seq <= 10; seq++) {
      memory.deleteAll(List.of(LogKeys.changeset(seq)));
    }
    assertThat(log.lost(recorded).orElseThrow())
        .contains("expected seq 7")
        .contains("found 5 as its last one");
  }

  @Test
  void read_ofMissingSeq_isEmpty() {
    commit(2);
    assertThat(log.read(2).orElseThrow().position()).isEqualTo(last().position());
    assertThat(log.read(3)).isEmpty();
    assertThatThrownBy(() -> store.get(LogKeys.changeset(3)))
        .isInstanceOf(MissingObjectException.class);
  }

  private void commit(int count) {
    for (int i = 0; i < count; i++) {
      history.commit(memory, history.next());
      states.add(history.head().copy());
    }
  }

  /** Without a BASE but the first, from which reading could start anew. */
  private void commitCheckpoints(int count) {
    for (int i = 0; i < count; i++) {
      history.commit(memory, i == 0 ? history.base(3) : history.checkpoint(2, 1));
      states.add(history.head().copy());
    }
  }

  private void commitWithSnapshots(int count, int every) {
    for (int i = 1; i <= count; i++) {
      commit(1);
      if (i % every == 0) {
        assertThat(log.writeSnapshot(history.head()).outcome()).isEqualTo(PutResult.Outcome.DONE);
      }
    }
  }

  /** Well-formed, at home under its key, and of another history. */
  private byte[] lyingSnapshot(long seq) {
    History other = new History(seed.random);
    for (long i = 1; i <= seq; i++) {
      other.next();
    }
    return SnapshotCodec.encode(other.head().snapshot()).toByteArray();
  }

  private long newestSnapshot() {
    return LogKeys.snapshotSeq(memory.objects.lastKey()).orElseThrow();
  }

  private LogState last() {
    return states.get(states.size() - 1);
  }
}
