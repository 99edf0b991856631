package io.haduck.core.internal.log;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  /** So often at most it is asked again. */
  private static final int RELISTINGS = 10;

  /**
   * All changesets with a seq above {@code after}. Where one is missing near the end, it is listed
   * again from there: what is written while a store lists may be shown in part, a later one without
   * the one before, and that would look like a loss. What two listings agree on is missing.
   */
  static LogListing changesets(ObjectStore store, long after) {
    return changesets(store, after, Long.MAX_VALUE);
  }

  /** As the other method, but only those up to a seq. */
  static LogListing changesets(ObjectStore store, long after, long upTo) {
    LogListing found = list(store, NumberedKeys.CHANGESETS, after, upTo);
    Set<Long> missingAfter = new HashSet<>();
    for (int again = 0; again < RELISTINGS; again++) {
      int gap = gapNearEnd(found.entries(), missingAfter);
      if (gap < 0) {
        return found;
      }
      Set<Long> suspected = gapsFrom(found.entries(), gap);
      List<LogEntry> all = new ArrayList<>(found.entries().subList(0, gap + 1));
      LogListing relisted = list(store, NumberedKeys.CHANGESETS, all.get(gap).seq(), upTo);
      all.addAll(relisted.entries());
      suspected.retainAll(gapsFrom(all, gap));
      missingAfter.addAll(suspected);
      found = new LogListing(all, relisted.storeTime());
    }
    return found;
  }

  /** The first of the last ones behind which something is missing, to be asked; -1 if none is. */
  private static int gapNearEnd(List<LogEntry> entries, Set<Long> missingAfter) {
    int last = entries.size() - 1;
    for (int i = Math.max(0, last - NEAR_END); i < last; i++) {
      if (isGap(entries, i) && !missingAfter.contains(entries.get(i).seq())) {
        return i;
      }
    }
    return -1;
  }

  /** The seqs behind which something is missing. */
  private static Set<Long> gapsFrom(List<LogEntry> entries, int first) {
    Set<Long> gaps = new HashSet<>();
    for (int i = first; i < entries.size() - 1; i++) {
      if (isGap(entries, i)) {
        gaps.add(entries.get(i).seq());
      }
    }
    return gaps;
  }

  private static boolean isGap(List<LogEntry> entries, int index) {
    return entries.get(index + 1).seq() != entries.get(index).seq() + 1;
  }

  /** All snapshots with a seq above {@code after}. */
  static LogListing snapshots(ObjectStore store, long after) {
    return list(store, NumberedKeys.SNAPSHOTS, after, Long.MAX_VALUE);
  }

  /** The largest seq; 0 if there is none. */
  long last() {
    return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).seq();
  }

  private static LogListing list(ObjectStore store, NumberedKeys keys, long after, long upTo) {
    List<LogEntry> entries = new ArrayList<>();
    String startAfter = keys.keyOf().apply(after);
    while (true) {
      Listing page = store.list(keys.prefix(), startAfter);
      boolean beyond = false;
      for (Listing.Entry object : page.objects()) {
        startAfter = object.key();
        Optional<LogEntry> entry = keys.entry(object);
        if (entry.isEmpty()) {
          log.warn("{} holds {}, which is not haduck's; ignored", store, object.key());
        }
        beyond |= entry.isPresent() && entry.get().seq() > upTo;
        if (!beyond) {
          entry.ifPresent(entries::add);
        }
      }
      if (beyond || !page.truncated()) {
        return new LogListing(entries, page.storeTime());
      }
    }
  }
}
