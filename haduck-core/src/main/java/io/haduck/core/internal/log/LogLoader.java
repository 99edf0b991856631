package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log from the nearest usable snapshot, or a BASE, up to some changeset, and lists it from
 * there only: what that costs does not depend on how old the log is. What is near is read
 * completely and in parallel; what is far by skipping, see {@link ReadPlan}. So it does not matter
 * if changesets are missing that can be skipped.
 */
final class LogLoader {
  private static final Logger log = LoggerFactory.getLogger(LogLoader.class);

  /** So many changesets are read at most without looking for some to skip. */
  private static final long NEAR = 1000;

  private final ObjectStore store;
  private final ChangesetHeads heads;
  private final Supplier<ReadableStates> kept;
  private final long near;

  /** Whether it was listed a second time, so that what is missing now is not only just swept. */
  private boolean listedAgain;

  /**
   * Reads the log in a store that is scoped to one replica.
   *
   * @param kept says which states exist; not asked for the last one, which does
   */
  LogLoader(ObjectStore store, ChangesetHeads heads, Supplier<ReadableStates> kept) {
    this(store, heads, kept, NEAR);
  }

  /** With another notion of how many changesets are read without skipping any. */
  LogLoader(ObjectStore store, ChangesetHeads heads, Supplier<ReadableStates> kept, long near) {
    this.store = store;
    this.heads = heads;
    this.kept = kept;
    this.near = near;
  }

  /**
   * Where reading begins.
   *
   * @param snapshot the state of the newest usable one at or before the target; null if there is
   *     none
   * @param entries from its changeset on, up to the target; from the beginning if there is none
   */
  private record Start(@Nullable LogState snapshot, LogEntries entries) {}

  /**
   * The state after the last changeset; empty if there is none.
   *
   * @throws CorruptDataException if there are none, but snapshots
   */
  Optional<LogState> loadLatest(LoadProgress progress) {
    try {
      return latest(progress);
    } catch (CorruptDataException | MissingObjectException e) {
      requireGoneOnce(e);
      return latest(progress);
    }
  }

  private Optional<LogState> latest(LoadProgress progress) {
    // In this order: beside other writers, what a snapshot is of was there before it was.
    LogEntry newest = NumberedKeys.SNAPSHOTS.last(store, 0, Long.MAX_VALUE).orElse(null);
    Start start = start(newest, Long.MAX_VALUE);
    LogEntry head = start.entries().last();
    if (head == null && newest != null) {
      throw new CorruptDataException(
          store
              + " holds snapshots up to seq "
              + newest.seq()
              + " but no changesets; they were deleted. Restore deleted versions of them, or"
              + " begin a new replica");
    }
    return head == null ? Optional.empty() : Optional.of(load(head, start, progress));
  }

  /**
   * The state after a changeset; empty if the log does not hold it, or not any more.
   *
   * @throws CorruptDataException if it is kept, and its changeset is lost or not the one
   */
  Optional<LogState> load(long seq, LoadProgress progress) {
    ReadableStates states = kept.get();
    try {
      return load(seq, states, progress);
    } catch (CorruptDataException | MissingObjectException e) {
      ReadableStates now = kept.get();
      if (now.equals(states)) {
        requireGoneOnce(e);
      }
      listedAgain = true;
      return load(seq, now, progress);
    }
  }

  private Optional<LogState> load(long seq, ReadableStates states, LoadProgress progress) {
    if (!states.contains(seq)) {
      return Optional.empty();
    }
    Start start = start(NumberedKeys.SNAPSHOTS.last(store, 0, seq).orElse(null), seq);
    start.entries().leaveOut(states);
    LogEntry target = start.entries().find(seq);
    if (target == null) {
      if (states.expects(seq) != null) {
        throw KeptStateErrors.missing(store, seq);
      }
      return Optional.empty();
    }
    LogState found = loadKept(target, start, states, progress);
    // Once more, behind the key: what lies there now may be what came after it was given up.
    ReadableStates after = kept.get();
    if (!after.contains(seq)) {
      return Optional.empty();
    }
    Digest expected = after.expects(seq);
    if (expected != null && !expected.equals(found.position().digest())) {
      throw KeptStateErrors.another(store, found.position(), expected);
    }
    return Optional.of(found);
  }

  /**
   * What was listed and is gone when it is read was swept just then: what there is now, is to be
   * listed again, once, before anything is taken for lost.
   */
  private void requireGoneOnce(HaduckException problem) {
    if (!mayBeSwept(problem)) {
      throw problem;
    }
    log.debug("{} is listed again: {}", store, problem.getMessage());
    listedAgain = true;
  }

  /** Whether it was there a moment ago, so that a new listing shows what is there instead. */
  private boolean mayBeSwept(HaduckException problem) {
    return !listedAgain
        && (problem instanceof MissingObjectException
            || problem instanceof MissingChangesetException);
  }

  /**
   * A named state has no snapshot of its own yet where a sweep was killed just behind its manifest.
   * What leads to it is given up, and still there: the digest that it must have pins all of that.
   */
  private LogState loadKept(
      LogEntry target, Start start, ReadableStates states, LoadProgress progress) {
    try {
      return load(target, start, progress);
    } catch (CorruptDataException | MissingObjectException e) {
      Digest expected = states.expects(target.seq());
      if (expected != null) {
        try {
          LogEntry newest = NumberedKeys.SNAPSHOTS.last(store, 0, target.seq()).orElse(null);
          LogState found = load(target, start(newest, target.seq()), progress);
          if (found.position().digest().equals(expected)) {
            return found;
          }
        } catch (CorruptDataException | MissingObjectException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    }
  }

  /**
   * The state after a changeset, whether it exists by what is kept or not, and without its own
   * snapshot: to be compared with that.
   *
   * @throws CorruptDataException if it cannot be read so
   * @throws MissingObjectException if something is missing for that
   */
  LogState loadBesideSnapshot(long seq) {
    listedAgain = true; // whoever sweeps knows whether others do
    Start start = start(NumberedKeys.SNAPSHOTS.last(store, 0, seq - 1).orElse(null), seq);
    LogEntry target = start.entries().find(seq);
    if (target == null) {
      throw new MissingObjectException(store + "/" + LogKeys.changeset(seq) + " is not there");
    }
    return load(target, start, LoadProgress.NONE);
  }

  /** By all changesets from where it begins on if it is near, else by those that are needed. */
  private LogState load(LogEntry target, Start start, LoadProgress progress) {
    try {
      LogState nearby = nearby(target, start);
      return nearby == null
          ? loadFar(target, start, progress)
          : new ReadPlan(nearby, new ArrayDeque<>(), between(nearby, target, start))
              .run(heads, progress, target.seq());
    } catch (CorruptDataException | MissingObjectException e) {
      if (mayBeSwept(e)) {
        throw e;
      }
      return pastDamage(target, start, progress, e);
    }
  }

  private static List<LogEntry> between(LogState from, LogEntry target, Start start) {
    return start.entries().range(from.position().seq() + 1, target.seq());
  }

  private LogState loadFar(LogEntry target, Start start, LoadProgress progress) {
    LogState snapshot = start.snapshot();
    return loadFar(target, start, snapshot == null ? null : snapshot.copy(), progress);
  }

  private LogState loadFar(
      LogEntry target, Start start, @Nullable LogState near, LoadProgress progress) {
    LogState snapshot = start.snapshot();
    return ReadPlan.backFrom(
            target, start.entries(), store, heads, near, at -> startAt(at, snapshot))
        .run(heads, progress, target.seq());
  }

  /**
   * What is damaged may be one that is not needed, and the newest snapshot one of a changeset that
   * is no part of the history: then only those count to which the target leads.
   */
  private LogState pastDamage(
      LogEntry target, Start start, LoadProgress progress, HaduckException damage) {
    LogState found;
    try {
      found = loadFar(target, start, progress);
    } catch (CorruptDataException | MissingObjectException e) {
      damage.addSuppressed(e);
      try {
        found = loadFar(target, start, null, progress);
      } catch (CorruptDataException | MissingObjectException without) {
        damage.addSuppressed(without);
        throw damage;
      }
    }
    log.warn(
        "{}: {}. What is behind it up to seq {} was read without it; states in between may not be"
            + " readable, Haduck.verify says which",
        store,
        damage.getMessage(),
        target.seq());
    return found;
  }

  private Start start(@Nullable LogEntry newest, long upTo) {
    LogEntry snapshot = newest;
    LogEntries entries = LogEntries.list(store, newest == null ? 1 : newest.seq(), upTo);
    while (snapshot != null) {
      entries.listFrom(snapshot.seq());
      LogEntry changeset = entries.find(snapshot.seq());
      LogState state = changeset == null ? null : fromSnapshot(snapshot, changeset);
      if (state != null) {
        return new Start(state, entries);
      }
      snapshot = NumberedKeys.SNAPSHOTS.last(store, 0, snapshot.seq() - 1).orElse(null);
    }
    LogEntry first = LogEntries.firstConnected(store);
    entries.listFrom(1);
    entries.leaveOutBelow(first == null ? 1 : first.seq());
    return new Start(null, entries);
  }

  /**
   * A state from which the target is near and nothing is missing up to it; null if there is none.
   */
  private @Nullable LogState nearby(LogEntry target, Start start) {
    LogEntry first = start.entries().unbrokenTo(target);
    LogState snapshot = start.snapshot();
    if (snapshot != null) {
      long seq = snapshot.position().seq();
      return seq >= first.seq() && target.seq() - seq <= near ? snapshot.copy() : null;
    }
    if (target.seq() - first.seq() > near) {
      return null;
    }
    DecodedChangeset base = heads.read(first);
    return base.changeset().kind() == ChangesetKind.BASE ? LogState.start(base) : null;
  }

  /** The state after a changeset if reading can begin there, else null. */
  private @Nullable LogState startAt(DecodedChangeset last, @Nullable LogState newestSnapshot) {
    if (newestSnapshot != null && newestSnapshot.position().equals(last.position())) {
      return newestSnapshot.copy();
    }
    if (last.changeset().kind() == ChangesetKind.BASE) {
      return LogState.start(last);
    }
    long seq = last.changeset().seq();
    if (newestSnapshot == null || seq > newestSnapshot.position().seq()) {
      return null;
    }
    // The newest snapshot is not on the way, so perhaps an older one is.
    return NumberedKeys.SNAPSHOTS
        .first(store, seq - 1)
        .filter(snapshot -> snapshot.seq() == seq)
        .map(snapshot -> fromSnapshot(snapshot, last))
        .orElse(null);
  }

  private @Nullable LogState fromSnapshot(LogEntry snapshot, LogEntry changeset) {
    try {
      return fromSnapshot(snapshot, heads.read(changeset));
    } catch (CorruptDataException | MissingObjectException e) {
      return ignored(snapshot, e);
    }
  }

  private @Nullable LogState fromSnapshot(LogEntry snapshot, DecodedChangeset changeset) {
    String key = LogKeys.snapshot(snapshot.seq());
    try (StoredObject object = store.get(key)) {
      return LogState.start(SnapshotCodec.decode(key, object), changeset);
    } catch (CorruptDataException | MissingObjectException e) {
      return ignored(snapshot, e);
    }
  }

  private @Nullable LogState ignored(LogEntry snapshot, HaduckException why) {
    if (mayBeSwept(why)) {
      throw why;
    }
    log.warn(
        "{}: ignoring {}, reading the log from an earlier point: {}",
        store,
        LogKeys.snapshot(snapshot.seq()),
        why.getMessage());
    return null;
  }
}
