package io.haduck.core.internal.log;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changesets or snapshots in the store.
 *
 * @param entries ascending by seq
 * @param storeTime the store's clock, not later than the moment at which the last page was true
 */
record LogListing(List<LogEntry> entries, Instant storeTime) {
  private static final Logger log = LoggerFactory.getLogger(LogListing.class);

  /** So many at the end may be written while they are listed. */
  private static final int NEAR_END = 1000;

  /**
   * All changesets with a seq above {@code after}. Where one is missing near the end, it is listed
   * again from there: what is written while a store lists may be shown in part, a later one without
   * the one before, and that would look like a loss.
   */
  static LogListing changesets(ObjectStore store, long after) {
    LogListing found = changesetsFrom(store, after);
    int gap = gapNearEnd(found.entries());
    if (gap < 0) {
      return found;
    }
    List<LogEntry> before = found.entries().subList(0, gap + 1);
    LogListing again = changesetsFrom(store, before.get(gap).seq());
    List<LogEntry> all = new ArrayList<>(before);
    all.addAll(again.entries());
    return new LogListing(all, again.storeTime());
  }

  private static LogListing changesetsFrom(ObjectStore store, long after) {
    return list(store, LogKeys.CHANGESETS, LogKeys.changeset(after), LogKeys::changesetSeq);
  }

  /** The first of the last ones behind which something is missing; -1 if nothing is. */
  private static int gapNearEnd(List<LogEntry> entries) {
    int last = entries.size() - 1;
    for (int i = Math.max(0, last - NEAR_END); i < last; i++) {
      if (entries.get(i + 1).seq() != entries.get(i).seq() + 1) {
        return i;
      }
    }
    return -1;
  }

  /** All snapshots with a seq above {@code after}. */
  static LogListing snapshots(ObjectStore store, long after) {
    return list(store, LogKeys.SNAPSHOTS, LogKeys.snapshot(after), LogKeys::snapshotSeq);
  }

  /** The largest seq; 0 if there is none. */
  long last() {
    return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).seq();
  }

  private static LogListing list(
      ObjectStore store, String prefix, String after, Function<String, OptionalLong> seqOf) {
    List<LogEntry> entries = new ArrayList<>();
    String startAfter = after;
    while (true) {
      Listing page = store.list(prefix, startAfter);
      for (Listing.Entry object : page.objects()) {
        OptionalLong seq = seqOf.apply(object.key());
        if (seq.isPresent()) {
          entries.add(new LogEntry(seq.getAsLong(), object.length()));
        } else {
          log.warn("{} holds {}, which is not haduck's; ignored", store, object.key());
        }
        startAfter = object.key();
      }
      if (!page.truncated()) {
        return new LogListing(entries, page.storeTime());
      }
    }
  }
}
