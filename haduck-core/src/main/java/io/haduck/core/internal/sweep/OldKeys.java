package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.internal.retention.ReplicaObject.Kind;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The keys of changesets below the floor, and from there on up to the first young one, for as many
 * as are looked at. For one thread.
 *
 * <p>They were written in their order. So where the store's clock leapt while it wrote some, which
 * shows by times that are later than it is, or earlier than one before, these are taken to be as
 * young as the next one whose time can be right.
 */
final class OldKeys {
  private final ObjectStore store;
  private final long floor;
  private final Instant now;
  private final Duration window;
  private final int most;
  private final List<ReplicaObject> entries = new ArrayList<>();
  private final List<ReplicaObject> doubtful = new ArrayList<>();
  private Instant latest = Instant.MIN;
  private boolean more;
  private int expired;
  private long due;

  /**
   * Of a replica; to be listed.
   *
   * @param floor below it all are old
   * @param now the store's time
   * @param window what is younger than that is not old
   * @param most so many above the floor are enough
   */
  OldKeys(ObjectStore store, long floor, Instant now, Duration window, int most) {
    this.store = store;
    this.floor = floor;
    this.due = Math.max(1, floor);
    this.now = now;
    this.window = window;
    this.most = most;
  }

  /**
   * Lists them.
   *
   * @throws CorruptDataException if one above the floor is missing
   */
  OldKeys list(Retries retries) {
    Listed.each(store, retries, LogKeys.CHANGESETS, this::add);
    settle(now, floor);
    return this;
  }

  /** Those that there are, ascending. */
  List<ReplicaObject> entries() {
    return entries;
  }

  /** Whether there are more behind them, for the next time. */
  boolean more() {
    return more;
  }

  private boolean add(Listing.Entry entry) {
    OptionalLong found = LogKeys.changesetSeq(entry.key());
    if (found.isEmpty()) {
      return true;
    }
    ReplicaObject object = Listed.object(entry, Kind.CHANGESET, found.getAsLong());
    Instant modified = object.modified();
    if (modified.isAfter(now) || modified.isBefore(latest)) {
      doubtful.add(object);
      return true;
    }
    latest = modified;
    if (object.seq() >= floor) {
      boolean young = Duration.between(modified, now).compareTo(window) < 0;
      more = !young && expired >= most;
      if (young || more) {
        settle(modified, floor);
        return false;
      }
    }
    settle(modified, Long.MAX_VALUE);
    take(object, modified);
    return true;
  }

  /** Those in doubt before a seq are as old as the next one. */
  private void settle(Instant modified, long before) {
    for (ReplicaObject object : doubtful) {
      if (object.seq() < before) {
        take(object, modified);
      }
    }
    doubtful.clear();
  }

  private void take(ReplicaObject object, Instant modified) {
    if (object.seq() >= floor) {
      if (object.seq() != due) {
        throw lost(
            store, LogKeys.changeset(due), "is not there, and nothing has given up its state");
      }
      due++;
      expired++;
    }
    entries.add(
        new ReplicaObject(object.key(), object.kind(), object.seq(), object.length(), modified));
  }

  /** What would be kept instead is not what the policy says, and may not be readable either. */
  static CorruptDataException lost(ObjectStore store, String key, String what) {
    return new CorruptDataException(
        store
            + "/"
            + key
            + " "
            + what
            + ". Restore an earlier or deleted version of it; until then nothing is deleted");
  }
}
