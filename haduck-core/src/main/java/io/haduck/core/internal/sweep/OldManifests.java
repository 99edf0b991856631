package io.haduck.core.internal.sweep;

import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Deletes manifests that many have followed. Nobody goes by them, and one that lands late where one
 * was deleted is not the newest: whoever wrote it looks for later ones before it deletes anything.
 */
final class OldManifests {
  /** So many stay, so that it can be seen what was given up when. */
  static final int STAY = 30;

  private final ObjectStore store;
  private final Retries retries;

  OldManifests(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
  }

  /** Deletes those that are old, a request's worth at a time. */
  void delete(Manifest newest, Instant now, Duration grace) {
    long upTo = newest.number() - STAY;
    if (upTo < 1) {
      return;
    }
    List<String> old = new ArrayList<>();
    Listed.each(
        store,
        retries,
        LogKeys.KEPT,
        (Listing.Entry entry) -> {
          OptionalLong number = LogKeys.keptNumber(entry.key());
          if (number.isPresent()
              && number.getAsLong() <= upTo
              && Duration.between(entry.modified(), now).compareTo(grace) > 0) {
            old.add(entry.key());
          }
          return old.size() < ObjectStore.MOST_LISTED
              && (number.isEmpty() || number.getAsLong() < upTo);
        });
    if (!old.isEmpty()) {
      retries.run(
          () -> {
            store.deleteAll(old);
            return old;
          });
    }
  }
}
