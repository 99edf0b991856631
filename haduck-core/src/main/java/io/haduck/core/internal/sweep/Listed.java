package io.haduck.core.internal.sweep;

import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.util.function.Predicate;

/** Goes through listings. */
final class Listed {
  private Listed() {}

  /** Hands over what is listed, in the order of the keys, as long as more is wanted. */
  static void each(
      ObjectStore store, Retries retries, String prefix, Predicate<Listing.Entry> wantsMore) {
    String startAfter = "";
    Listing page;
    do {
      String after = startAfter;
      page = retries.run(() -> store.list(prefix, after));
      for (Listing.Entry entry : page.objects()) {
        startAfter = entry.key();
        if (!wantsMore.test(entry)) {
          return;
        }
      }
    } while (page.truncated());
  }

  /** An entry, of which is known what it is. */
  static ReplicaObject object(Listing.Entry entry, ReplicaObject.Kind kind, long seq) {
    return new ReplicaObject(entry.key(), kind, seq, entry.length(), entry.modified());
  }
}
