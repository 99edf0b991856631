package io.haduck.core.internal.sweep;

import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Deletes objects a batch at a time, so that nobody else notices. For one thread. */
final class PacedDeletes {
  /** So many in a second at most: a bucket takes 3,500 writes and deletions of a prefix. */
  static final int PER_SECOND = 500;

  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long LOOK_NANOS = 100_000_000L;

  private final ObjectStore store;
  private final Retries retries;
  private final Ticker ticker;
  private final BooleanSupplier ended;
  private long deleted;
  private long bytes;

  PacedDeletes(ObjectStore store, Retries retries, Ticker ticker, BooleanSupplier ended) {
    this.store = store;
    this.retries = retries;
    this.ticker = ticker;
    this.ended = ended;
  }

  /**
   * Deletes.
   *
   * @param goOn asked before each batch
   * @return whether all are deleted
   * @throws StoreAccessException if the store does not let this delete; says what to do
   */
  boolean run(List<ReplicaObject> objects, BooleanSupplier goOn) {
    for (int from = 0; from < objects.size(); from += PER_SECOND) {
      List<ReplicaObject> batch =
          objects.subList(from, Math.min(objects.size(), from + PER_SECOND));
      long begun = ticker.nanos();
      if (!goOn.getAsBoolean()) {
        return false;
      }
      delete(batch.stream().map(ReplicaObject::key).toList());
      deleted += batch.size();
      bytes += batch.stream().mapToLong(ReplicaObject::length).sum();
      if (from + PER_SECOND < objects.size()) {
        pauseUntil(begun + SECOND_NANOS);
      }
    }
    return true;
  }

  private void delete(List<String> keys) {
    try {
      retries.run(
          () -> {
            store.deleteAll(keys);
            return keys;
          });
    } catch (StoreAccessException e) {
      throw new StoreAccessException(
          "what the retention gives up cannot be deleted from "
              + store
              + ": "
              + e.getMessage()
              + ". Let this identity delete there (s3:DeleteObject), or set haduck.gc=off and let another one sweep",
          e);
    }
  }

  private void pauseUntil(long end) {
    for (long left = end - ticker.nanos(); left > 0; left = end - ticker.nanos()) {
      if (ended.getAsBoolean() || Thread.currentThread().isInterrupted()) {
        throw new UnavailableException("the sweep of " + store + " was ended before its time");
      }
      LockSupport.parkNanos(Math.min(left, LOOK_NANOS));
    }
  }

  long deleted() {
    return deleted;
  }

  long bytes() {
    return bytes;
  }
}
