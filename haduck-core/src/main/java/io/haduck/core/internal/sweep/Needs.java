package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.FoundNames;
import io.haduck.core.internal.kept.KeptState;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LogEntry;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SnapshotObjects;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that what is kept can be read without what is deleted, and so finds out what may be.
 * For one thread, and one round.
 */
final class Needs {
  private static final Logger log = LoggerFactory.getLogger(Needs.class);
  private static final int MOST_TRIES = 20;

  private final ObjectStore store;
  private final ReplicationLog replicationLog;
  private final Retries retries;
  private final Names names;
  private final boolean dryRun;
  private final Runnable goOn;
  private final LoadBearing bearing;

  /**
   * Of one replica.
   *
   * @param dryRun nothing is written
   * @param goOn throws if this is to end
   */
  Needs(
      ObjectStore store,
      ReplicationLog replicationLog,
      Retries retries,
      Names names,
      boolean dryRun,
      Runnable goOn) {
    this.store = store;
    this.replicationLog = replicationLog;
    this.retries = retries;
    this.names = names;
    this.dryRun = dryRun;
    this.goOn = goOn;
    this.bearing = new LoadBearing(store, replicationLog, retries, dryRun);
  }

  /** Where a state is. */
  LogPosition position(Survey survey, long seq) {
    Survey.State state = survey.states().get(seq);
    return state != null
        ? new LogPosition(seq, state.digest())
        : replicationLog
            .read(seq)
            .orElseThrow(() -> new MissingObjectException(store + " has no seq " + seq))
            .position();
  }

  /** Before anything says that they are all that there is, each can be read by itself. */
  List<LogPosition> startingPoints(@Nullable Manifest before, Manifest next, Survey survey) {
    List<LogPosition> points = new ArrayList<>();
    if (next.floors().equals(Floors.NONE)) {
      return points;
    }
    next.states()
        .forEach(
            (seq, state) -> {
              if (isStartingPoint(next, seq, state)) {
                points.add(new LogPosition(seq, state.digest()));
              }
            });
    long whole = next.floors().wholeFrom();
    if (!next.states().containsKey(whole)) {
      points.add(position(survey, whole));
    }
    for (LogPosition point : points) {
      goOn.run();
      boolean known = before != null && wasStartingPoint(before, point);
      if (!known || !bearing.isThere(point)) {
        bearing.require(point);
      }
    }
    // From the manifest on, readers go by nothing else to what is named below the floor.
    makeReadable(before, next, names.list().asOf(next.written()));
    return points;
  }

  private static boolean isStartingPoint(Manifest manifest, long seq, KeptState state) {
    return seq <= manifest.floors().wholeFrom() || state.kind() != LoggedState.Kind.CHECKPOINT;
  }

  private static boolean wasStartingPoint(Manifest before, LogPosition point) {
    KeptState state = before.states().get(point.seq());
    return point.seq() == before.floors().wholeFrom()
        || (state != null && isStartingPoint(before, point.seq(), state));
  }

  /**
   * The names below the floor, after the manifest was written; each can be read by itself, or is
   * passed over, since whoever makes it will be refused.
   *
   * @param before the manifest before that one
   */
  List<NameRecord> named(@Nullable Manifest before, Manifest next, Duration grace) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      FoundNames found = names.listAtOneMoment().asOf(next.written());
      ReadableNames readable = makeReadable(before, next, found);
      if (!readable.made() || dryRun) {
        if (!dryRun) {
          names.giveUpLeftovers(found, grace);
        }
        return readable.below();
      }
    }
    throw new UnavailableException("names are made in " + store + " all the time");
  }

  /**
   * Names below the floor whose states can be read by themselves.
   *
   * @param made whether anything had to be done for that
   */
  private record ReadableNames(List<NameRecord> below, boolean made) {}

  private ReadableNames makeReadable(@Nullable Manifest before, Manifest next, FoundNames found) {
    List<NameRecord> below = new ArrayList<>();
    boolean made = false;
    for (NameRecord name : KeptStates.named(Optional.of(next), found)) {
      if (name.position().seq() < next.floors().walFrom()) {
        goOn.run();
        try {
          made |= makeReadable(before, name);
          below.add(name);
        } catch (CorruptDataException | MissingObjectException e) {
          if (name.isHeld() || next.contains(name.position())) {
            throw e;
          }
          log.debug("{} is being made, of a state that is not there any more", name.name(), e);
        }
      }
    }
    return new ReadableNames(below, made);
  }

  /** Whoever wrote the snapshot that is there: it is compared before anything is cut. */
  private boolean makeReadable(@Nullable Manifest before, NameRecord name) {
    LogPosition position = name.position();
    if (!name.isHeld() && replicationLog.read(position.seq()).isEmpty()) {
      throw new MissingObjectException(store + " has no seq " + position.seq());
    }
    boolean cut = before != null && position.seq() < before.floors().walFrom();
    if (bearing.isFound(position) || (cut && bearing.isThere(position))) {
      return false;
    }
    bearing.require(position);
    return true;
  }

  /** What may go, in the order in which it is to be deleted. */
  List<ReplicaObject> deletions(
      Manifest next, List<LogPosition> points, List<NameRecord> named, Survey survey, Instant now) {
    if (next.floors().walFrom() == 0) {
      return List.of();
    }
    NavigableMap<Long, Digest> kept = new TreeMap<>();
    for (long floor : List.of(next.floors().wholeFrom(), next.floors().walFrom())) {
      kept.put(floor, position(survey, floor).digest());
    }
    next.states().forEach((seq, state) -> kept.put(seq, state.digest()));
    List<LogPosition> own = new ArrayList<>(points);
    named.forEach(name -> own.add(name.position()));
    own.forEach(point -> kept.put(point.seq(), point.digest()));
    Map<Long, Changeset> heads = heads(kept, survey);
    var plan = new SweepPlan(store, retries, next);
    kept.keySet().forEach(plan::keep);
    for (LogPosition point : own) {
      SnapshotObjects objects = bearing.objects(point);
      if (!dryRun) {
        plan.needSnapshot(point.seq(), objects.length());
      }
      objects.objects().stream().map(LiveObject::key).forEach(plan::need);
    }
    needOfChain(plan, next, heads);
    return plan.deletions(survey, candidates -> fences(candidates, survey, next), now);
  }

  /** Each state is read by its changeset, whatever else that takes. */
  private Map<Long, Changeset> heads(NavigableMap<Long, Digest> kept, Survey survey) {
    List<LogEntry> entries = new ArrayList<>();
    Map<Long, Changeset> heads = new HashMap<>();
    survey.old().stream()
        .filter(it -> kept.containsKey(it.seq()))
        .forEach(it -> entries.add(new LogEntry(it.seq(), it.length())));
    replicationLog.read(
        entries, head -> head.ifPresent(it -> heads.put(it.changeset().seq(), of(kept, it))));
    for (long seq : kept.keySet()) {
      if (seq > survey.oldTo()) {
        replicationLog.read(seq).ifPresent(it -> heads.put(seq, of(kept, it)));
      }
      if (!heads.containsKey(seq)) {
        throw new CorruptDataException(
            store
                + "/"
                + LogKeys.changeset(seq)
                + " is kept, and is damaged or not there. Restore an earlier or deleted version of it; until then nothing"
                + " is deleted");
      }
    }
    return heads;
  }

  private Changeset of(NavigableMap<Long, Digest> kept, DecodedChangeset head) {
    long seq = head.changeset().seq();
    if (!head.position().digest().equals(kept.get(seq))) {
      throw new CorruptDataException(
          store
              + "/"
              + LogKeys.changeset(seq)
              + " has digest "
              + head.position().digest()
              + ", and the state that is kept there "
              + kept.get(seq)
              + ". Restore an earlier or deleted version of it; until then nothing is deleted");
    }
    return head.changeset();
  }

  /** Between the floors checkpoints are read by the chain of their anchors. */
  private void needOfChain(SweepPlan plan, Manifest next, Map<Long, Changeset> heads) {
    long whole = next.floors().wholeFrom();
    Set<Long> chain =
        new TreeSet<>(next.states().subMap(whole, false, next.floors().walFrom(), false).keySet());
    if (next.floors().walFrom() > whole) {
      chain.add(next.floors().walFrom());
    }
    for (long seq : chain) {
      Changeset head = Objects.requireNonNull(heads.get(seq));
      head.objectKeys().forEach(plan::need);
      long anchor = head.anchor().seq();
      if (head.kind() == ChangesetKind.CHECKPOINT && anchor != whole && !chain.contains(anchor)) {
        throw new CorruptDataException(
            store
                + "/"
                + head.key()
                + " is kept, and is read from the state of seq "
                + anchor
                + ", which is not; nothing is deleted. Run Haduck.verify to see what can be restored");
      }
    }
  }

  /** Of some changesets, those that fence, and those that cannot be read. */
  private Collection<Long> fences(List<ReplicaObject> candidates, Survey survey, Manifest next) {
    Set<Long> fences = new HashSet<>();
    fences.add(1L);
    List<LogEntry> unknown = new ArrayList<>();
    for (ReplicaObject candidate : candidates) {
      Survey.State state = survey.states().get(candidate.seq());
      if (next.fences().contains(candidate.seq())) {
        fences.add(candidate.seq());
      } else if (state == null) {
        unknown.add(new LogEntry(candidate.seq(), candidate.length()));
        fences.add(candidate.seq());
      } else if (state.logged().kind() == LoggedState.Kind.EPOCH) {
        fences.add(candidate.seq());
      }
    }
    replicationLog.read(
        unknown,
        head ->
            head.map(it -> it.changeset())
                .filter(it -> it.kind() != ChangesetKind.EPOCH && it.seq() > 1)
                .ifPresent(it -> fences.remove(it.seq())));
    return fences;
  }
}
