package io.haduck.core.internal.compaction;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which objects to empty next, so that the objects that a state refers to are at most one and a
 * half times as long as what it needs of them. Pure.
 *
 * <p>Only objects are emptied that are themselves longer than that: as long as the whole is, there
 * is one, or nothing that can be moved is to blame. So this comes to an end: what is moved lies in
 * an object without garbage, which is never picked.
 *
 * @param keys of the objects to empty, the worst first: those with the least share of live bytes
 * @param moved live bytes in them
 * @param needed bytes that the state needs, in all objects
 * @param total length of all objects that it refers to, in bytes
 * @param after the same, when these are emptied
 */
record CompactionPlan(List<String> keys, long moved, long needed, long total, long after) {
  /** Live bytes that one changeset moves at most. */
  static final long MOST_BYTES = 64L << 20;

  /** What a segment has besides the bytes that were moved into it. */
  static final long SEGMENT_OVERHEAD = 88;

  /** Copies the list. */
  CompactionPlan {
    keys = List.copyOf(keys);
  }

  /**
   * An object that a state refers to.
   *
   * @param length of all of it, in bytes
   * @param live bytes of it that the state needs; at least 1
   * @param movable whether nothing but blocks is needed of it
   */
  record Held(String key, long length, long live, boolean movable) {
    boolean isWorthEmptying() {
      return movable && isTooMuch(length - SEGMENT_OVERHEAD, live) && live <= MOST_BYTES;
    }
  }

  /**
   * Plans.
   *
   * @param most live bytes to move; one object is emptied in any case, if it has not more than
   *     {@link #MOST_BYTES}
   * @param leastGarbage below which nothing is done
   */
  static CompactionPlan of(List<Held> objects, long most, long leastGarbage) {
    long total = objects.stream().mapToLong(Held::length).sum();
    long needed = objects.stream().mapToLong(Held::live).sum();
    List<String> keys = new ArrayList<>();
    long moved = 0;
    long after = total;
    if (total - needed >= leastGarbage) {
      List<Held> worst =
          objects.stream().filter(Held::isWorthEmptying).sorted(CompactionPlan::compare).toList();
      for (Held object : worst) {
        if (!isTooMuch(after, needed)
            || (!keys.isEmpty() && moved + object.live() > Math.min(most, MOST_BYTES))) {
          break;
        }
        keys.add(object.key());
        moved += object.live();
        after -= object.length() - object.live();
      }
    }
    return new CompactionPlan(keys, moved, needed, total, after);
  }

  /** Whether there is still more to do after it, as far as can be told. */
  boolean leavesMore() {
    return !keys.isEmpty() && isTooMuch(after, needed);
  }

  /** Whether objects are too long for what is needed of them. */
  static boolean isTooMuch(long length, long needed) {
    return 2 * length > 3 * needed;
  }

  private static int compare(Held one, Held other) {
    // Both factors are below 2^32.
    int byShare = Long.compareUnsigned(one.live() * other.length(), other.live() * one.length());
    return byShare != 0 ? byShare : Comparator.comparing(Held::key).compare(one, other);
  }
}
