package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogEntry;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.NumberedKeys;
import io.haduck.core.store.ObjectStore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Finds the highest number of a manifest, from the one that was known on; earlier ones may be
 * missing. Safe for any thread.
 */
final class NewestNumber {
  private static final NumberedKeys KEYS =
      new NumberedKeys(LogKeys.KEPT, LogKeys::kept, LogKeys::keptNumber);

  private final ObjectStore store;
  private final Retries retries;
  private final AtomicLong known = new AtomicLong();

  NewestNumber(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
  }

  /**
   * Finds it.
   *
   * @return 0 if there is none
   * @throws CorruptDataException if there are only lower ones than there were
   */
  long find() {
    long least = known.get();
    long found =
        retries
            .run(() -> KEYS.last(store, Math.max(least - 1, 0), Long.MAX_VALUE))
            .map(LogEntry::seq)
            .orElse(0L);
    if (found < least) {
      throw new CorruptDataException(
          store
              + "/"
              + LogKeys.kept(least)
              + " was there, and neither it nor a later one is; what is kept is not known any more. Restore it from the"
              + " bucket's versions or a copy; until then nothing is deleted");
    }
    known.accumulateAndGet(found, Math::max);
    return found;
  }

  /** Whether it is above another number. */
  boolean isAbove(long number) {
    return retries.run(() -> KEYS.first(store, number)).isPresent();
  }
}
