package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A log of random changesets that is swept, of which every state that there ever was is remembered:
 * what is kept is compared with that.
 */
final class SweptLog {
  static final Retries RETRIES =
      Retries.of(
          3, () -> new Backoff(Duration.ofNanos(100), Duration.ofNanos(1000), new Random(1)));

  final MemoryStore memory = new MemoryStore();
  final History history;
  final NavigableMap<Long, LogState> states = new TreeMap<>();
  final NavigableMap<Long, Instant> modified = new TreeMap<>();
  final Manifests manifests = new Manifests(memory, RETRIES);
  final Names names = new Names(memory, manifests, RETRIES);
  long deleted;

  SweptLog(Random random) {
    memory.page = 1 + random.nextInt(50);
    history = new History(random);
  }

  /** Another one that is the same now. */
  SweptLog(SweptLog other, Random random) {
    memory.page = other.memory.page;
    memory.objects.putAll(other.memory.objects);
    memory.modified.putAll(other.memory.modified);
    memory.advance(Duration.between(now(), other.now()));
    history = new History(random, other.history.model(), other.history.head().copy());
    history.stepMicros = other.history.stepMicros;
    states.putAll(other.states);
    modified.putAll(other.modified);
  }

  void commit(EncodedChangeset encoded) {
    history.commit(memory, encoded);
    LogState state = history.head();
    states.put(state.position().seq(), state.copy());
    modified.put(state.position().seq(), now());
  }

  Instant now() {
    return memory.list(LogKeys.KEPT, "").storeTime();
  }

  Sweep sweep(ObjectStore store, SweepOptions options, int most) {
    return new Sweep(store, options, RETRIES, Ticker.system(), () -> false, most);
  }

  SweepReport sweep(SweepOptions options, int most) {
    SweepReport report = sweep(memory, options, most).run().orElseThrow();
    deleted += report.deleted();
    return report;
  }

  Optional<Manifest> manifest() {
    return manifests.newest();
  }

  ReadableStates readable() {
    return KeptStates.read(manifests, names);
  }

  NameRecord point(String name, long seq) {
    LogState state = states.get(seq);
    return names.make(
        NameRecord.point(
            StateName.point(name), state.position(), state.time(), now(), UUID.randomUUID()));
  }

  /** The states that exist, as a listing of the whole log with all heads would show them. */
  List<LoggedState> existing(ReadableStates readable) {
    List<LoggedState> all = new ArrayList<>();
    states.forEach(
        (seq, state) -> {
          if (readable.contains(seq)) {
            all.add(new LoggedState(seq, kind(state), state.time(), modified.get(seq)));
          }
        });
    return all;
  }

  boolean isCheckpoint(Floors floors) {
    return kind(states.get(floors.wholeFrom())) == Kind.CHECKPOINT
        && kind(states.get(floors.walFrom())) == Kind.CHECKPOINT;
  }

  private static Kind kind(LogState state) {
    return switch (state.kind()) {
      case BASE, CHECKPOINT -> Kind.CHECKPOINT;
      case WAL -> Kind.WAL;
      case EPOCH -> Kind.EPOCH;
    };
  }

  /** All that exists can be read and is what it was; nothing else is there. */
  void requireAll(String what) {
    ReadableStates readable = readable();
    ReplicationLog log = new ReplicationLog(memory, () -> readable);
    Set<String> needed = new HashSet<>();
    states.forEach(
        (seq, state) -> {
          Optional<LogState> found = log.loadAt(seq, LoadProgress.NONE);
          assertThat(found.isPresent())
              .as("%s: seq %s", what, seq)
              .isEqualTo(readable.contains(seq));
          if (found.isPresent()) {
            SameState.assertSame(found.get(), state);
            needed.addAll(objects(state));
          }
        });
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
    needed.removeIf(memory.objects::containsKey);
    assertThat(needed).as("%s: objects that are missing", what).isEmpty();
  }

  private static Set<String> objects(LogState state) {
    Set<String> keys = new HashSet<>();
    keys.add(LogKeys.changeset(state.position().seq()));
    state.index().ids().forEach((int id) -> keys.add(state.index().locate(id).objectKey()));
    for (WalRun run : state.wal().runs()) {
      keys.add(run.slice().objectKey());
    }
    return keys;
  }

  /** What nothing needs is gone, where it may go. */
  void requireNoGarbage(String what, Duration grace) {
    ReadableStates readable = readable();
    Manifest manifest = manifest().orElseThrow();
    Set<String> needed = new HashSet<>();
    states.forEach(
        (seq, state) -> {
          if (readable.contains(seq)) {
            needed.addAll(objects(state));
          }
        });
    long head = states.lastKey();
    List<String> garbage = new ArrayList<>();
    memory.objects.forEach(
        (key, bytes) -> {
          OptionalLong log = LogKeys.changesetSeq(key);
          OptionalLong segment = LogKeys.segmentSeq(key);
          OptionalLong snapshot = LogKeys.snapshotSeq(key);
          long seq =
              log.isPresent()
                  ? log.getAsLong()
                  : segment.isPresent()
                      ? segment.getAsLong()
                      : snapshot.isPresent() ? snapshot.getAsLong() : Long.MAX_VALUE;
          boolean old =
              seq < manifest.floors().walFrom()
                  && Duration.between(memory.modified.get(key), now()).compareTo(grace) > 0;
          boolean fence =
              log.isPresent()
                  && (seq == 1
                      || seq > head - 100
                      || states.get(seq).kind() == ChangesetKind.EPOCH);
          boolean ofState = snapshot.isPresent() && readable.contains(seq);
          if (old && !fence && !ofState && !needed.contains(key)) {
            garbage.add(key);
          }
        });
    assertThat(garbage).as("%s: what nothing needs", what).isEmpty();
  }
}
