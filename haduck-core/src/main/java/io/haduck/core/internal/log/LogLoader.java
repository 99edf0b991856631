package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectStore;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log from the nearest usable snapshot, or a BASE, up to some changeset. What is near is
 * read completely and in parallel; what is far by skipping, see {@link ReadPlan}. So it does not
 * matter if changesets are missing that can be skipped.
 */
final class LogLoader {
  private static final Logger log = LoggerFactory.getLogger(LogLoader.class);

  /** The largest snapshot that is read into memory, in bytes. */
  private static final int MAX_SNAPSHOT_LENGTH = Integer.MAX_VALUE - 8;

  /** So many changesets are read at most without looking for some to skip. */
  private static final long NEAR = 1000;

  private final ObjectStore store;
  private final ChangesetHeads heads;
  private final LogEntries changesets;
  private final List<LogEntry> snapshots;
  private final long near;

  /**
   * Over what listings showed, changesets first: a snapshot listed later may lie beyond them, and
   * then is not used, but no changeset can be missing for one that is.
   */
  LogLoader(
      ObjectStore store,
      ChangesetHeads heads,
      List<LogEntry> changesets,
      List<LogEntry> snapshots) {
    this(store, heads, changesets, snapshots, NEAR);
  }

  /** With another notion of how many changesets are read without skipping any. */
  LogLoader(
      ObjectStore store,
      ChangesetHeads heads,
      List<LogEntry> changesets,
      List<LogEntry> snapshots,
      long near) {
    this.store = store;
    this.heads = heads;
    this.changesets = new LogEntries(withoutStrays(changesets, snapshots));
    this.snapshots = snapshots;
    this.near = near;
  }

  /** The last seq; 0 if there is no changeset. */
  long headSeq() {
    List<LogEntry> all = changesets.all();
    return all.isEmpty() ? 0 : all.get(all.size() - 1).seq();
  }

  /** The state after a changeset; empty if the log does not hold it. */
  Optional<LogState> load(long seq, LoadProgress progress) {
    LogEntry target = changesets.find(seq);
    if (target == null) {
      return Optional.empty();
    }
    LogState snapshot = newestSnapshot(seq);
    LogState nearby = nearby(target, snapshot);
    if (nearby != null) {
      long from = nearby.position().seq() + 1;
      List<LogEntry> rest = changesets.range(from, seq);
      return Optional.of(new ReadPlan(nearby, new ArrayDeque<>(), rest).run(heads, progress, seq));
    }
    ReadPlan plan =
        ReadPlan.backFrom(target, changesets, store, heads, header -> startAt(header, snapshot));
    return Optional.of(plan.run(heads, progress, seq));
  }

  /**
   * The largest seq whose time is not later; 0 if there is none. Relies on ascending times.
   *
   * @throws CorruptDataException if changesets are missing just behind it, which may be the ones
   *     that are asked for
   */
  long lastSeqAt(long timeMicros) {
    List<LogEntry> all = changesets.all();
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      long time = heads.read(all.get(middle)).changeset().timeMicros();
      if (time == timeMicros) {
        return all.get(middle).seq(); // no other has that time, whatever is missing
      }
      if (time < timeMicros) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low > 0 && low < all.size() && all.get(low).seq() != all.get(low - 1).seq() + 1) {
      throw gapAt(timeMicros, all.get(low - 1).seq(), all.get(low).seq());
    }
    return low == 0 ? 0 : all.get(low - 1).seq();
  }

  private CorruptDataException gapAt(long timeMicros, long before, long after) {
    return new CorruptDataException(
        store
            + ": "
            + LogKeys.changeset(before + 1)
            + (after - before == 2 ? " is" : " and others up to seq " + (after - 1) + " are")
            + " missing, and "
            + LogTime.toInstant(timeMicros)
            + " may lie there. Restore deleted versions, or say which state it shall be: seq "
            + before
            + " is the last one before, seq "
            + after
            + " the first one after");
  }

  /** Which moments there are; empty if there is no changeset. */
  Optional<LogRange> range() {
    List<LogEntry> all = changesets.all();
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Changeset first = heads.read(all.get(0)).changeset();
    if (first.kind() != ChangesetKind.BASE) {
      for (LogEntry snapshot : snapshots) {
        LogEntry changeset = changesets.find(snapshot.seq());
        if (changeset != null) {
          first = heads.read(changeset).changeset();
          break;
        }
      }
    }
    Changeset last = heads.read(all.get(all.size() - 1)).changeset();
    return Optional.of(
        new LogRange(
            first.seq(),
            LogTime.toInstant(first.timeMicros()),
            last.seq(),
            LogTime.toInstant(last.timeMicros())));
  }

  /**
   * A state from which the target is near and nothing is missing up to it; null if there is none.
   */
  private @Nullable LogState nearby(LogEntry target, @Nullable LogState snapshot) {
    LogEntry first = changesets.unbrokenTo(target);
    if (snapshot != null) {
      long seq = snapshot.position().seq();
      return seq >= first.seq() && target.seq() - seq <= near ? snapshot : null;
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
      return newestSnapshot;
    }
    if (last.changeset().kind() == ChangesetKind.BASE) {
      return LogState.start(last);
    }
    LogEntry changeset = changesets.find(last.changeset().seq());
    if (newestSnapshot == null || changeset == null) {
      return null;
    }
    // The newest snapshot is not on the way, so perhaps an older one is.
    for (LogEntry snapshot : snapshots) {
      if (snapshot.seq() == changeset.seq() && changeset.seq() < newestSnapshot.position().seq()) {
        return fromSnapshot(snapshot, changeset);
      }
    }
    return null;
  }

  private @Nullable LogState newestSnapshot(long upTo) {
    for (int i = snapshots.size() - 1; i >= 0; i--) {
      LogEntry changeset = changesets.find(snapshots.get(i).seq());
      if (changeset != null && changeset.seq() <= upTo) {
        LogState state = fromSnapshot(snapshots.get(i), changeset);
        if (state != null) {
          return state;
        }
      }
    }
    return null;
  }

  private @Nullable LogState fromSnapshot(LogEntry snapshot, LogEntry changeset) {
    String key = LogKeys.snapshot(snapshot.seq());
    try {
      Snapshot decoded = SnapshotCodec.decode(key, store.read(key, MAX_SNAPSHOT_LENGTH));
      return LogState.start(decoded, heads.read(changeset));
    } catch (CorruptDataException | MissingObjectException e) {
      log.warn(
          "{}: ignoring {}, reading the log from an earlier point: {}", store, key, e.getMessage());
      return null;
    }
  }

  /**
   * Leaves out what lies below the oldest snapshot without being connected to it, unless the log
   * still has its beginning: keys that a writer which was frozen for long created after the real
   * ones had been deleted.
   */
  private static List<LogEntry> withoutStrays(List<LogEntry> changesets, List<LogEntry> snapshots) {
    if (snapshots.isEmpty() || changesets.isEmpty() || changesets.get(0).seq() == 1) {
      return changesets;
    }
    long oldest = snapshots.get(0).seq();
    int keep = 0;
    for (int i = 1; i < changesets.size() && changesets.get(i).seq() <= oldest; i++) {
      if (changesets.get(i).seq() != changesets.get(i - 1).seq() + 1) {
        keep = i;
      }
    }
    return changesets.subList(keep, changesets.size());
  }
}
