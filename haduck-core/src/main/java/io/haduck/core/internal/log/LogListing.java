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

  /** All changesets with a seq above {@code after}. */
  static LogListing changesets(ObjectStore store, long after) {
    return list(store, LogKeys.CHANGESETS, LogKeys.changeset(after), LogKeys::changesetSeq);
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
