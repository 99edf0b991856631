package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogEntry;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.internal.sweep.Survey.State;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what there is of a log. It reads the heads of what has expired since the last sweep,
 * and of the rest a few: what that costs does not depend on how large the window is.
 */
final class Surveyor {
  private final ObjectStore store;
  private final ReplicationLog log;
  private final Retries retries;
  private final int most;

  /**
   * Of a replica.
   *
   * @param most so many newly expired changesets are looked at
   */
  Surveyor(ObjectStore store, ReplicationLog log, Retries retries, int most) {
    this.store = store;
    this.log = log;
    this.retries = retries;
    this.most = most;
  }

  /**
   * Looks.
   *
   * @param before the newest manifest; null if there is none: then everything exists
   * @param policy by which things expire
   * @param now by which things have grown old
   * @return empty if there is no log
   * @throws CorruptDataException if a state that exists has no changeset any more, or a damaged one
   */
  Optional<Survey> look(@Nullable Manifest before, RetentionPolicy policy, Instant now) {
    long floor = before == null ? 0 : before.floors().walFrom();
    long last = log.lastSeq(Math.max(0, floor - 1));
    DecodedChangeset head = log.read(last).orElse(null);
    if (head == null) {
      return Optional.empty();
    }
    var keys = new OldKeys(store, floor, now, policy.walWindow(), most).list(retries);
    List<ReplicaObject> old = keys.entries();
    NavigableMap<Long, State> states = new TreeMap<>();
    if (before != null) {
      addListed(before, old, states);
    }
    addExpired(floor, old, states);
    addFirst(floor, states, now);
    long end = old.isEmpty() ? floor : old.get(old.size() - 1).seq();
    if (end < last) {
      addSome(policy, Math.max(end, floor - 1), head, now, states);
    }
    Changeset changeset = head.changeset();
    return Optional.of(
        new Survey(
            head.position(),
            changeset.kind().hasHeaders() ? last : changeset.anchor().seq(),
            changeset.lineage(),
            states,
            old,
            keys.more()));
  }

  private void addListed(
      Manifest before, List<ReplicaObject> old, NavigableMap<Long, State> states) {
    Iterator<ReplicaObject> there = old.iterator();
    ReplicaObject at = there.hasNext() ? there.next() : null;
    for (var listed : before.states().entrySet()) {
      long seq = listed.getKey();
      while (at != null && at.seq() < seq) {
        at = there.hasNext() ? there.next() : null;
      }
      if (at == null || at.seq() != seq) {
        throw OldKeys.lost(
            store,
            LogKeys.changeset(seq),
            "is not there, but "
                + before.key()
                + " keeps its state ("
                + String.join(", ", listed.getValue().reasons())
                + ")");
      }
      var state = listed.getValue();
      states.put(
          seq,
          new State(
              new LoggedState(seq, state.kind(), state.time(), at.modified()), state.digest()));
    }
  }

  private void addExpired(long floor, List<ReplicaObject> old, NavigableMap<Long, State> states) {
    List<ReplicaObject> expired = old.stream().filter(it -> it.seq() >= floor).toList();
    Iterator<ReplicaObject> entry = expired.iterator();
    log.read(
        expired.stream().map(it -> new LogEntry(it.seq(), it.length())).toList(),
        head -> {
          ReplicaObject at = entry.next();
          if (head.isEmpty()) {
            throw OldKeys.lost(store, at.key(), "is damaged, and nothing has given up its state");
          }
          states.put(at.seq(), state(head.get(), at.modified()));
        });
  }

  /** The one from which on everything exists is always among them, lest another is taken for it. */
  private void addFirst(long floor, NavigableMap<Long, State> states, Instant now) {
    if (states.ceilingKey(floor) == null) {
      OptionalLong first = log.firstBeyond(Math.max(0, floor - 1));
      first.stream()
          .mapToObj(log::read)
          .flatMap(Optional::stream)
          .forEach(head -> states.put(head.changeset().seq(), state(head, now)));
    }
  }

  /** What counts of those that are not looked at one by one: see Retention. */
  private void addSome(
      RetentionPolicy policy,
      long after,
      DecodedChangeset head,
      Instant now,
      NavigableMap<Long, State> states) {
    states.put(head.changeset().seq(), state(head, now));
    for (Period period : Period.values()) {
      addLastOfEach(policy, period, after, head, now, states);
    }
    DecodedChangeset at =
        head.changeset().kind().hasHeaders() ? head : anchorOf(head, after).orElse(null);
    for (int left = policy.minimum(); left > 0 && at != null; left--) {
      states.put(at.changeset().seq(), state(at, now));
      at = anchorOf(at, after).orElse(null);
    }
  }

  private Optional<DecodedChangeset> anchorOf(DecodedChangeset of, long after) {
    long seq = of.changeset().anchor().seq();
    return seq <= after ? Optional.empty() : log.read(seq);
  }

  private void addLastOfEach(
      RetentionPolicy policy,
      Period period,
      long after,
      DecodedChangeset head,
      Instant now,
      NavigableMap<Long, State> states) {
    DecodedChangeset at = pastEpochs(head, after);
    for (int left = policy.keep(period); left > 0 && at != null; left--) {
      states.put(at.changeset().seq(), state(at, now));
      ZonedDateTime start = period.startOf(at.changeset().time(), policy.zone());
      at =
          pastEpochs(
              log.lastBefore(start.toInstant(), after, at.changeset().seq() - 1).orElse(null),
              after);
    }
  }

  private @Nullable DecodedChangeset pastEpochs(@Nullable DecodedChangeset from, long after) {
    DecodedChangeset at = from;
    while (at != null && at.changeset().kind() == ChangesetKind.EPOCH) {
      long before = at.changeset().seq() - 1;
      at = before <= after ? null : log.read(before).orElse(null);
    }
    return at;
  }

  private static State state(DecodedChangeset head, Instant modified) {
    Changeset changeset = head.changeset();
    return new State(
        new LoggedState(
            changeset.seq(),
            switch (changeset.kind()) {
              case BASE, CHECKPOINT -> LoggedState.Kind.CHECKPOINT;
              case WAL -> LoggedState.Kind.WAL;
              case EPOCH -> LoggedState.Kind.EPOCH;
            },
            changeset.time(),
            modified),
        head.digest());
  }
}
