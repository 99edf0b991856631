package io.haduck.core.replica;

import io.haduck.core.log.BlockIndex;
import io.haduck.core.log.BlockLocation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which ranges of which objects hold the blocks that are wanted, neighbours joined.
 *
 * @param ranges in no particular order of blocks
 * @param blocks how many they hold together
 */
record FetchPlan(List<Range> ranges, long blocks) {
  /** Bytes between two wanted blocks that are cheaper to fetch than another request is. */
  private static final int GAP_WORTH_READING = 64 << 10;

  /** A whole segment where the heap allows it (several are fetched at a time), in bytes. */
  private static final int LONGEST_RANGE =
      (int) Math.min(32 << 20, Math.max(4 << 20, Runtime.getRuntime().maxMemory() / 64));

  /**
   * A part of one object.
   *
   * @param objectKey in the store
   * @param offset of the first byte
   * @param length in bytes
   * @param blocks that lie in it, by offset
   */
  record Range(String objectKey, long offset, int length, List<Wanted> blocks) {}

  /** One block and where it is. */
  record Wanted(int blockId, BlockLocation location) {}

  /** Plans to fetch these blocks, all of which the index has. */
  static FetchPlan of(BlockIndex index, RoaringBitmap blocks) {
    List<Wanted> wanted = new ArrayList<>(blocks.getCardinality());
    for (IntIterator ids = blocks.getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      wanted.add(new Wanted(id, index.locate(id)));
    }
    wanted.sort(
        Comparator.comparing((Wanted block) -> block.location().objectKey())
            .thenComparing(block -> block.location().offset()));
    List<Range> ranges = new ArrayList<>();
    int from = 0;
    while (from < wanted.size()) {
      int to = from + 1;
      while (to < wanted.size() && joins(wanted.get(from), wanted.get(to - 1), wanted.get(to))) {
        to++;
      }
      BlockLocation first = wanted.get(from).location();
      long end = 0;
      for (Wanted block : wanted.subList(from, to)) {
        end = Math.max(end, block.location().offset() + block.location().storedLength());
      }
      ranges.add(
          new Range(
              first.objectKey(),
              first.offset(),
              Math.toIntExact(end - first.offset()),
              List.copyOf(wanted.subList(from, to))));
      from = to;
    }
    return new FetchPlan(List.copyOf(ranges), wanted.size());
  }

  private static boolean joins(Wanted first, Wanted previous, Wanted next) {
    BlockLocation end = previous.location();
    BlockLocation begin = next.location();
    return begin.objectKey().equals(end.objectKey())
        && begin.offset() - (end.offset() + end.storedLength()) <= GAP_WORTH_READING
        && begin.offset() + begin.storedLength() - first.location().offset() <= LONGEST_RANGE;
  }
}
