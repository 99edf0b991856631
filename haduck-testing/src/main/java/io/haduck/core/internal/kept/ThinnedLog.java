package io.haduck.core.internal.kept;

import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.internal.retention.PolicyInForce;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A small log of which a test gives up states, as slowly and as thoroughly as it wants. */
public final class ThinnedLog {
  private final ObjectStore store;
  private final ReplicationLog log;
  private final Manifests manifests;
  private final Names names;

  /** Of a replica. */
  public ThinnedLog(ObjectStore store) {
    this.store = store;
    this.log = new ReplicationLog(store);
    this.manifests = new Manifests(store, Retries.once());
    this.names = new Names(store, manifests, Retries.once());
  }

  /**
   * Writes the next manifest, and before that the snapshots on which its states rest. Deletes
   * nothing.
   *
   * @param floor from this seq on every state is kept
   * @param listed what is kept below it, whatever names say
   */
  public void giveUp(long floor, long... listed) {
    LogState head = log.loadLatest(LoadProgress.NONE).orElseThrow();
    NavigableMap<Long, KeptState> states = new TreeMap<>();
    for (long seq : listed) {
      LogState state = snapshot(seq);
      states.put(
          seq,
          new KeptState(
              state.kind().hasHeaders() ? Kind.CHECKPOINT : Kind.WAL,
              state.position().digest(),
              state.time(),
              List.of("daily " + seq)));
    }
    names.list().held().forEach(name -> snapshot(name.position().seq()));
    snapshot(floor);
    Optional<Manifest> before = manifests.newest();
    var next =
        new Manifest(
            before.map(Manifest::number).orElse(0L) + 1,
            head.lineage(),
            head.position(),
            store.list(LogKeys.KEPT, "", 1).storeTime(),
            new PolicyInForce(RetentionPolicy.DEFAULT, null),
            Duration.ofHours(24),
            new Floors(floor, floor),
            states);
    if (!manifests.create(before.orElse(null), next)) {
      throw new IllegalStateException("another manifest was written");
    }
  }

  private LogState snapshot(long seq) {
    LogState state = log.loadAt(seq, LoadProgress.NONE).orElseThrow();
    if (log.writeSnapshot(state.copy()).outcome() == Outcome.UNKNOWN) {
      throw new IllegalStateException("no snapshot of " + seq);
    }
    return state;
  }

  /** What states are named by now: points and pins. */
  public List<String> held() {
    return names.list().held().stream().map(NameRecord::reason).toList();
  }

  /**
   * Deletes what neither the newest manifest nor a name needs.
   *
   * @return the keys
   */
  public List<String> sweep() {
    ExpectedStates expected = new KeptReplica(store, Retries.once()).expected();
    long floor = expected.readable().walFrom();
    TreeSet<Long> kept = new TreeSet<>(expected.states().keySet());
    for (OptionalLong seq = OptionalLong.of(floor);
        seq.isPresent();
        seq = log.firstBeyond(seq.getAsLong())) {
      kept.add(seq.getAsLong());
    }
    Set<String> needed = new HashSet<>();
    kept.forEach(seq -> needed.addAll(objects(seq)));
    List<String> garbage = new ArrayList<>();
    for (String prefix : List.of(LogKeys.CHANGESETS, LogKeys.SNAPSHOTS, LogKeys.SEGMENTS)) {
      store.list(prefix, "").objects().stream()
          .map(object -> object.key())
          .filter(key -> seq(key) < floor && !needed.contains(key) && !isEpoch(key))
          .forEach(garbage::add);
    }
    store.deleteAll(garbage);
    return garbage;
  }

  private Set<String> objects(long seq) {
    LogState state = log.loadAt(seq, LoadProgress.NONE).orElseThrow();
    Set<String> keys = new HashSet<>(Arrays.asList(LogKeys.changeset(seq), LogKeys.snapshot(seq)));
    state.index().ids().forEach((int id) -> keys.add(state.index().locate(id).objectKey()));
    state.wal().runs().forEach(run -> keys.add(run.slice().objectKey()));
    return keys;
  }

  private static long seq(String key) {
    return LogKeys.changesetSeq(key)
        .orElseGet(
            () ->
                LogKeys.snapshotSeq(key)
                    .orElseGet(() -> LogKeys.segmentSeq(key).orElse(Long.MAX_VALUE)));
  }

  private boolean isEpoch(String key) {
    OptionalLong seq = LogKeys.changesetSeq(key);
    return seq.isPresent()
        && log.read(seq.getAsLong())
            .map(DecodedChangeset::changeset)
            .filter(changeset -> changeset.kind() == ChangesetKind.EPOCH)
            .isPresent();
  }
}
