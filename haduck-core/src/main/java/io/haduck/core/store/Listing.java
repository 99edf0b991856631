package io.haduck.core.store;

import java.time.Instant;
import java.util.List;

/**
 * One page of a listing.
 *
 * @param objects in the order of their keys
 * @param truncated whether more may follow; go on with the last key as {@code startAfter}. A page
 *     that is truncated holds one object at least; the next may hold none
 * @param storeTime the store's clock, not later than the moment at which the page was true
 */
public record Listing(List<Entry> objects, boolean truncated, Instant storeTime) {
  /** Copies the list. */
  public Listing {
    objects = List.copyOf(objects);
  }

  /**
   * Returns the limit, for those who implement {@link ObjectStore#list(String, String, int)}.
   *
   * @throws IllegalArgumentException if it is not between 1 and {@link ObjectStore#MOST_LISTED}
   */
  public static int requireLimit(int limit) {
    if (limit < 1 || limit > ObjectStore.MOST_LISTED) {
      throw new IllegalArgumentException(
          "limit " + limit + " is not between 1 and " + ObjectStore.MOST_LISTED);
    }
    return limit;
  }

  /**
   * One object.
   *
   * @param key relative to the store
   * @param length in bytes
   * @param modified when the object came there, by the store's clock: S3's {@code LastModified}, of
   *     a second's precision. In a {@code file:} replica it is the file's change time, by the clock
   *     of the file system: of the server on a network, else of the machine that wrote, which may
   *     be wrong. It does not go back when an object is replaced, and may come to be later without
   *     that, when a replica is copied or the rights of a file change
   */
  public record Entry(String key, long length, Instant modified) {}
}
