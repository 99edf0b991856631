package io.haduck.core.internal.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changesets that a listing showed, ascending by seq; some may be missing.
 *
 * @param all not copied, must not change any more
 */
record LogEntries(List<LogEntry> all) {
  /** The changeset of a seq; null if the listing did not show it. */
  @Nullable LogEntry find(long seq) {
    int index = indexOf(seq);
    return index < 0 ? null : all.get(index);
  }

  /** The one with the lowest seq from which none is missing up to one that is there. */
  LogEntry unbrokenTo(LogEntry last) {
    int first = indexOf(last.seq());
    while (first > 0 && all.get(first - 1).seq() == all.get(first).seq() - 1) {
      first--;
    }
    return all.get(first);
  }

  /** The lowest seq in a range that is not there, both ends included; 0 if all are there. */
  long missing(long from, long to) {
    for (long seq = from; seq <= to; seq++) {
      if (indexOf(seq) < 0) {
        return seq;
      }
    }
    return 0;
  }

  /** Those in a range of which none is missing, both ends included. */
  List<LogEntry> range(long from, long to) {
    return from > to ? List.of() : all.subList(indexOf(from), indexOf(to) + 1);
  }

  private int indexOf(long seq) {
    int low = 0;
    int high = all.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long found = all.get(middle).seq();
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
