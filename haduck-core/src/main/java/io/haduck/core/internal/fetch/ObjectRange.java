package io.haduck.core.internal.fetch;

import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.internal.log.ObjectSlice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Neighbours in one object, which are fetched with one request; none overlaps another.
 *
 * @param objectKey in the store
 * @param offset of the first byte
 * @param length in bytes
 * @param parts that lie in it, by offset
 */
public record ObjectRange<P extends ObjectPart>(
    String objectKey, long offset, int length, List<P> parts) {
  /** Bytes between two wanted parts that are cheaper to fetch than another request is. */
  private static final int GAP_WORTH_READING = 64 << 10;

  /** A whole segment where the heap allows it (several are fetched at a time), in bytes. */
  private static final int LONGEST_RANGE =
      (int) Math.min(32 << 20, Math.max(4 << 20, Runtime.getRuntime().maxMemory() / 64));

  /** Joins what lies together; a part that is longer than a range should be is one by itself. */
  public static <P extends ObjectPart> List<ObjectRange<P>> join(List<P> wanted) {
    List<P> sorted = new ArrayList<>(wanted);
    sorted.sort(
        Comparator.comparing((P part) -> part.slice().objectKey())
            .thenComparing(part -> part.slice().offset()));
    List<ObjectRange<P>> ranges = new ArrayList<>();
    int from = 0;
    while (from < sorted.size()) {
      int to = from + 1;
      while (to < sorted.size()
          && joins(sorted.get(from).slice(), sorted.get(to - 1).slice(), sorted.get(to).slice())) {
        to++;
      }
      ObjectSlice first = sorted.get(from).slice();
      long end = sorted.get(to - 1).slice().end();
      ranges.add(
          new ObjectRange<>(
              first.objectKey(),
              first.offset(),
              Math.toIntExact(end - first.offset()),
              List.copyOf(sorted.subList(from, to))));
      from = to;
    }
    return List.copyOf(ranges);
  }

  private static boolean joins(ObjectSlice first, ObjectSlice previous, ObjectSlice next) {
    return next.objectKey().equals(previous.objectKey())
        && next.offset() >= previous.end()
        && next.offset() - previous.end() <= GAP_WORTH_READING
        && next.end() - first.offset() <= LONGEST_RANGE;
  }

  /** What fetching it part by part and decompressing each takes at a time, in bytes. */
  long memory() {
    return parts.stream()
        .mapToLong(part -> (long) part.slice().storedLength() + part.rawLength())
        .max()
        .orElse(0);
  }

  /** Where in the fetched bytes a part begins. */
  public int indexOf(P part) {
    return Math.toIntExact(part.slice().offset() - offset);
  }
}
