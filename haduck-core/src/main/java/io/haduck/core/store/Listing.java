package io.haduck.core.store;

import java.time.Instant;
import java.util.List;

/**
 * One page of a listing.
 *
 * @param objects in the order of their keys
 * @param truncated whether more follow; go on with the last key as {@code startAfter}
 * @param storeTime the store's clock, not later than the moment at which the page was true
 */
public record Listing(List<Entry> objects, boolean truncated, Instant storeTime) {
  /** Copies the list. */
  public Listing {
    objects = List.copyOf(objects);
  }

  /**
   * One object.
   *
   * @param key relative to the store
   * @param length in bytes
   */
  public record Entry(String key, long length) {}
}
