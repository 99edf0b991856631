package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changesets of a log up to some seq, as listings show them; some may be missing. Only those
 * from some seq on are listed, earlier ones when they are asked for. Not thread-safe.
 */
final class LogEntries {
  private final ObjectStore store;

  /** Ascending by seq; all from {@link #from} on. */
  private List<LogEntry> listed;

  private long from;
  private ReadableStates readable = ReadableStates.NONE;

  private LogEntries(ObjectStore store, List<LogEntry> listed, long from) {
    this.store = store;
    this.listed = listed;
    this.from = from;
  }

  /** Those from a seq on, up to another one; for now. */
  static LogEntries list(ObjectStore store, long from, long upTo) {
    return new LogEntries(
        store, LogListing.changesets(store, Math.max(from - 1, 0), upTo).entries(), from);
  }

  /** The last one; null if there is none from where the listing begins on. */
  @Nullable LogEntry last() {
    return listed.isEmpty() ? null : listed.get(listed.size() - 1);
  }

  /** The changeset of a seq; null if it is not there. */
  @Nullable LogEntry find(long seq) {
    if (seq < from) {
      return NumberedKeys.CHANGESETS
          .first(store, Math.max(seq - 1, 0))
          .filter(it -> it.seq() == seq && readable.contains(seq))
          .orElse(null);
    }
    int index = indexOf(seq);
    return index < 0 ? null : listed.get(index);
  }

  /** The one with the lowest seq of those listed from which none is missing up to a listed one. */
  LogEntry unbrokenTo(LogEntry last) {
    int first = indexOf(last.seq());
    while (first > 0 && listed.get(first - 1).seq() == listed.get(first).seq() - 1) {
      first--;
    }
    return listed.get(first);
  }

  /** The lowest seq in a range that is not there, both ends included; 0 if all are there. */
  long missing(long first, long last) {
    listFrom(first);
    for (long seq = first; seq <= last; seq++) {
      if (indexOf(seq) < 0) {
        return seq;
      }
    }
    return 0;
  }

  /** Those in a range of which none is missing, both ends included. */
  List<LogEntry> range(long first, long last) {
    listFrom(first);
    return first > last ? List.of() : listed.subList(indexOf(first), indexOf(last) + 1);
  }

  /** Lists the earlier ones, too. */
  void listFrom(long first) {
    if (first < from) {
      List<LogEntry> all =
          new ArrayList<>(LogListing.changesets(store, Math.max(first - 1, 0), from - 1).entries());
      all.addAll(listed);
      listed = all;
      from = first;
    }
  }

  /** Leaves out those whose state does not exist any more, whatever lies there. */
  void leaveOut(ReadableStates states) {
    readable = states;
    listed = listed.stream().filter(entry -> states.contains(entry.seq())).toList();
  }

  /** Leaves out those before a seq. */
  void leaveOutBelow(long first) {
    int skipped = 0;
    while (skipped < listed.size() && listed.get(skipped).seq() < first) {
      skipped++;
    }
    listed = listed.subList(skipped, listed.size());
  }

  /**
   * The first changeset that is connected to the log. What lies below the oldest snapshot without
   * being connected to it is not, unless the log still has its beginning: keys that a writer which
   * was frozen for long created after the real ones had been deleted.
   *
   * @return null if there is no changeset
   */
  static @Nullable LogEntry firstConnected(ObjectStore store) {
    LogEntry first = NumberedKeys.CHANGESETS.first(store, 0).orElse(null);
    LogEntry oldest =
        first == null || first.seq() == 1
            ? null
            : NumberedKeys.SNAPSHOTS.first(store, 0).orElse(null);
    if (oldest == null) {
      return first;
    }
    LogEntry connected = null;
    for (LogEntry entry : LogListing.changesets(store, 0, oldest.seq()).entries()) {
      first = connected == null || entry.seq() != connected.seq() + 1 ? entry : first;
      connected = entry;
    }
    return first;
  }

  private int indexOf(long seq) {
    int low = 0;
    int high = listed.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long found = listed.get(middle).seq();
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
}
