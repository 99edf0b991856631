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
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LogEntry;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
   */
  List<NameRecord> named(Manifest next, Duration grace) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      FoundNames found = names.listAtOneMoment().asOf(next.written());
      List<NameRecord> below = new ArrayList<>();
      boolean made = false;
      for (NameRecord name : KeptStates.named(Optional.of(next), found)) {
        if (name.position().seq() < next.floors().walFrom()) {
          goOn.run();
          try {
            if (!bearing.isThere(name.position())) {
              bearing.require(name.position());
              made = true;
            }
            below.add(name);
          } catch (CorruptDataException | MissingObjectException e) {
            if (name.isHeld() || next.contains(name.position())) {
              throw e;
            }
            log.debug("{} is being made, of a state that is not there any more", name.name(), e);
          }
        }
      }
      if (!made || dryRun) {
        if (!dryRun) {
          names.giveUpLeftovers(found, grace);
        }
        return below;
      }
    }
    throw new UnavailableException("names are made in " + store + " all the time");
  }

  /** What may go, in the order in which it is to be deleted. */
  List<ReplicaObject> deletions(
      Manifest next, List<LogPosition> points, List<NameRecord> named, Survey survey, Instant now) {
    if (next.floors().walFrom() == 0) {
      return List.of();
    }
    var plan = new SweepPlan(store, retries, next);
    plan.keep(next.floors().wholeFrom());
    plan.keep(next.floors().walFrom());
    next.states().keySet().forEach(plan::keep);
    List<LogPosition> own = new ArrayList<>(points);
    named.forEach(name -> own.add(name.position()));
    for (LogPosition point : own) {
      plan.keep(point.seq());
      bearing.objects(point).stream().map(LiveObject::key).forEach(plan::need);
    }
    needOfChain(plan, next);
    return plan.deletions(survey, candidates -> fences(candidates, survey), now);
  }

  /** Between the floors checkpoints are read by the chain of their anchors. */
  private void needOfChain(SweepPlan plan, Manifest next) {
    List<Long> chain =
        new ArrayList<>(
            next.states()
                .subMap(next.floors().wholeFrom(), false, next.floors().walFrom(), false)
                .keySet());
    if (next.floors().walFrom() > next.floors().wholeFrom()) {
      chain.add(next.floors().walFrom());
    }
    for (long seq : chain) {
      Changeset head =
          replicationLog
              .read(seq)
              .orElseThrow(
                  () ->
                      new MissingObjectException(
                          store + "/" + LogKeys.changeset(seq) + " is kept, and not there"))
              .changeset();
      head.objectKeys().forEach(plan::need);
    }
  }

  /** Of some changesets, those that fence, and those that cannot be read. */
  private Collection<Long> fences(List<ReplicaObject> candidates, Survey survey) {
    Set<Long> fences = new HashSet<>();
    fences.add(1L);
    List<LogEntry> unknown = new ArrayList<>();
    for (ReplicaObject candidate : candidates) {
      Survey.State state = survey.states().get(candidate.seq());
      if (state == null) {
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
