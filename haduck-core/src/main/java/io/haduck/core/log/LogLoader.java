package io.haduck.core.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a log from the nearest usable snapshot, or the BASE, up to some changeset. */
final class LogLoader {
  private static final Logger log = LoggerFactory.getLogger(LogLoader.class);

  /** The largest snapshot that is read into memory, in bytes. */
  private static final int MAX_SNAPSHOT_LENGTH = Integer.MAX_VALUE - 8;

  private final ObjectStore store;
  private final HeadReader heads;
  private final List<LogEntry> changesets;
  private final List<LogEntry> snapshots;

  /**
   * Over what listings showed, changesets first: a snapshot listed later may lie beyond them, and
   * then is not used, but no changeset can be missing for one that is.
   */
  LogLoader(
      ObjectStore store, HeadReader heads, List<LogEntry> changesets, List<LogEntry> snapshots) {
    this.store = store;
    this.heads = heads;
    this.changesets = withoutStrays(changesets, snapshots);
    this.snapshots = snapshots;
  }

  /** The last seq; 0 if there is no changeset. */
  long headSeq() {
    return changesets.isEmpty() ? 0 : changesets.get(changesets.size() - 1).seq();
  }

  /** The state after a changeset; empty if the log does not hold it. */
  Optional<LogState> load(long seq, LoadProgress progress) {
    int target = indexOf(seq);
    if (target < 0) {
      return Optional.empty();
    }
    int start = target;
    while (start > 0 && changesets.get(start - 1).seq() == changesets.get(start).seq() - 1) {
      start--;
    }
    LogState state = fromSnapshot(start, target);
    if (state == null) {
      state = fromBase(start);
    }
    LogState applied = state;
    int from = (int) (start + applied.position().seq() - changesets.get(start).seq());
    progress.applied(applied.position().seq(), seq);
    heads.readAll(
        changesets.subList(from + 1, target + 1),
        next -> {
          applied.apply(next);
          progress.applied(next.changeset().seq(), seq);
        });
    return Optional.of(applied);
  }

  /** The largest seq whose time is not later; 0 if there is none. Relies on ascending times. */
  long lastSeqAt(long timeMicros) {
    int low = 0;
    int high = changesets.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (heads.read(changesets.get(middle)).changeset().timeMicros() <= timeMicros) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == 0 ? 0 : changesets.get(low - 1).seq();
  }

  private @Nullable LogState fromSnapshot(int start, int target) {
    long first = changesets.get(start).seq();
    long last = changesets.get(target).seq();
    for (int i = snapshots.size() - 1; i >= 0; i--) {
      long seq = snapshots.get(i).seq();
      if (seq >= first && seq <= last) {
        try {
          return fromSnapshot(changesets.get((int) (start + seq - first)), snapshots.get(i));
        } catch (CorruptDataException | MissingObjectException e) {
          log.warn(
              "{}: ignoring {}, reading the log from an earlier point: {}",
              store,
              LogKeys.snapshot(seq),
              e.getMessage());
        }
      }
    }
    return null;
  }

  private LogState fromSnapshot(LogEntry changeset, LogEntry snapshot) {
    String key = LogKeys.snapshot(snapshot.seq());
    Snapshot decoded = SnapshotCodec.decode(key, store.read(key, MAX_SNAPSHOT_LENGTH));
    return LogState.start(decoded, heads.read(changeset));
  }

  private LogState fromBase(int start) {
    LogEntry first = changesets.get(start);
    DecodedChangeset base = heads.read(first);
    if (base.changeset().kind() != ChangesetKind.BASE) {
      throw new CorruptDataException(
          store
              + ": "
              + LogKeys.changeset(first.seq() - 1)
              + " is missing, "
              + base.changeset().key()
              + " is a "
              + base.changeset().kind()
              + ", and there is no usable snapshot from there on; restore a deleted object version, or"
              + " restore to a seq below, or begin a new replica");
    }
    return LogState.start(base);
  }

  private int indexOf(long seq) {
    int low = 0;
    int high = changesets.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long found = changesets.get(middle).seq();
      if (found == seq) {
        return middle;
      } else if (found < seq) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /**
   * Leaves out what lies below the oldest snapshot without being connected to it: keys that a
   * writer which was frozen for long created after the real ones had been deleted.
   */
  private static List<LogEntry> withoutStrays(List<LogEntry> changesets, List<LogEntry> snapshots) {
    if (snapshots.isEmpty()) {
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
