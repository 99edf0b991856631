package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the highest number of a manifest by listings of one key each, of which it takes about twice
 * the logarithm of how many there are: from the one that was known, in steps that double, then by
 * halves. Earlier ones may be missing. Safe for any thread.
 */
final class NewestNumber {
  private static final Logger log = LoggerFactory.getLogger(NewestNumber.class);

  private final ObjectStore store;
  private final Retries retries;
  private final AtomicLong known = new AtomicLong();
  private final Set<String> told = ConcurrentHashMap.newKeySet();

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
    long found = after(Math.max(least - 1, 0));
    if (found == 0) {
      if (least == 0) {
        return 0;
      }
      throw new CorruptDataException(
          store
              + "/"
              + LogKeys.kept(least)
              + " was there, and neither it nor a later one is; what is kept is not known any more. Restore it from the"
              + " bucket's versions or a copy; until then nothing is deleted");
    }
    long none = found;
    for (long step = 1; ; step = step * 2) {
      long next = after(found + step - 1);
      if (next == 0) {
        none = found + step - 1;
        break;
      }
      found = next;
    }
    while (found < none) {
      long middle = found + (none - found) / 2;
      long next = after(middle);
      if (next == 0) {
        none = middle;
      } else {
        found = next;
      }
    }
    known.accumulateAndGet(found, Math::max);
    return found;
  }

  /** The first number above another one; 0 if there is none. */
  long after(long number) {
    String startAfter = LogKeys.kept(number);
    while (true) {
      String from = startAfter;
      Listing page = retries.run(() -> store.list(LogKeys.KEPT, from, 1));
      for (Listing.Entry object : page.objects()) {
        OptionalLong found = LogKeys.keptNumber(object.key());
        if (found.isPresent()) {
          return found.getAsLong();
        }
        if (told.add(object.key())) {
          log.warn("{} holds {}, which is not haduck's; ignored", store, object.key());
        }
        startAfter = object.key();
      }
      if (!page.truncated()) {
        return 0;
      }
    }
  }
}
