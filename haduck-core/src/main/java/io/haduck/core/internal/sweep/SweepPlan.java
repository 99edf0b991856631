package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.retention.Deletions;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.internal.retention.ReplicaObject.Kind;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * Which objects below the floors nothing needs that a manifest and the names keep. For one thread.
 */
final class SweepPlan {
  private final ObjectStore store;
  private final Retries retries;
  private final Manifest manifest;
  private final Set<String> needed = new HashSet<>();
  private final Map<String, Long> snapshots = new HashMap<>();

  SweepPlan(ObjectStore store, Retries retries, Manifest manifest) {
    this.store = store;
    this.retries = retries;
    this.manifest = manifest;
  }

  private long floor() {
    return manifest.floors().walFrom();
  }

  /** A state is kept: its changeset and, if it has one, its snapshot stay. */
  void keep(long seq) {
    needed.add(LogKeys.changeset(seq));
    needed.add(LogKeys.snapshot(seq));
  }

  /** The snapshot by which a state is read must be there, and have all its bytes. */
  void needSnapshot(long seq, long length) {
    snapshots.put(LogKeys.snapshot(seq), length);
  }

  /** An object is needed. */
  void need(String key) {
    needed.add(key);
  }

  /**
   * Says what may go, in the order in which it is to be deleted.
   *
   * @param survey what there is of the log
   * @param fences which of some changesets are fences, by their heads
   * @param now the store's time
   * @throws CorruptDataException if something is missing that is needed
   */
  List<ReplicaObject> deletions(
      Survey survey, Function<List<ReplicaObject>, Collection<Long>> fences, Instant now) {
    List<ReplicaObject> below = new ArrayList<>();
    survey.old().stream().filter(it -> it.seq() < floor()).forEach(below::add);
    list(LogKeys.SEGMENTS, Kind.SEGMENT, LogKeys::segmentSeq, below);
    list(LogKeys.SNAPSHOTS, Kind.SNAPSHOT, LogKeys::snapshotSeq, below);
    requireAll(below, survey);
    List<ReplicaObject> candidates =
        new Deletions(survey.head().seq(), survey.anchor(), now, manifest.grace())
            .of(below, needed);
    Set<Long> fenced =
        new HashSet<>(
            fences.apply(candidates.stream().filter(it -> it.kind() == Kind.CHANGESET).toList()));
    return candidates.stream()
        .filter(it -> it.kind() != Kind.CHANGESET || !fenced.contains(it.seq()))
        .toList();
  }

  private void list(
      String prefix, Kind kind, Function<String, OptionalLong> seqOf, List<ReplicaObject> into) {
    Listed.each(
        store,
        retries,
        prefix,
        (Listing.Entry entry) -> {
          OptionalLong seq = seqOf.apply(entry.key());
          // The floor's own snapshot is needed, and is compared like the others.
          long last = kind == Kind.SNAPSHOT ? floor() : floor() - 1;
          if (seq.isPresent() && seq.getAsLong() <= last) {
            into.add(Listed.object(entry, kind, seq.getAsLong()));
          }
          return seq.isEmpty() || seq.getAsLong() <= last; // several may have one seq
        });
  }

  /** If something was lost, what is left may be all that there is. */
  private void requireAll(List<ReplicaObject> there, Survey survey) {
    Set<String> missing = new HashSet<>(needed);
    there.forEach(object -> missing.remove(object.key()));
    missing.removeIf(key -> isNotListed(key, survey));
    for (ReplicaObject object : there) {
      Long length = snapshots.get(object.key());
      if (length != null && object.length() != length) {
        throw new CorruptDataException(
            store
                + "/"
                + object.key()
                + " has "
                + object.length()
                + " bytes, expected "
                + length
                + ", and a state that is kept is read by it. Restore an earlier version of it; until then nothing is deleted");
      }
    }
    if (!missing.isEmpty()) {
      throw new CorruptDataException(
          store
              + "/"
              + missing.iterator().next()
              + (missing.size() == 1 ? " is" : " and " + (missing.size() - 1) + " more are")
              + " needed by a state that is kept, and not there. Restore a deleted version, or delete the point that"
              + " names the state; until then nothing is deleted");
    }
  }

  /** Whether it lies behind what was listed, or is a snapshot that a state has no need of. */
  private boolean isNotListed(String key, Survey survey) {
    OptionalLong changeset = LogKeys.changesetSeq(key);
    if (changeset.isPresent()) {
      return changeset.getAsLong() >= Math.min(floor(), survey.oldTo() + 1);
    }
    OptionalLong segment = LogKeys.segmentSeq(key);
    return segment.isEmpty() || segment.getAsLong() >= floor();
  }
}
