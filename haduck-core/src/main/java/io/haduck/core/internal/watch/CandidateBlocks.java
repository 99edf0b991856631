package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.FreeList;
import org.roaringbitmap.RoaringBitmap;

/**
 * E of docs/internals/architecture.md#what-duckdb-gives-us-to-stand-on: the blocks that may differ
 * from the last commit to the log.
 *
 * <p>A block that is in use at some iteration can differ from what it was at an earlier one only if
 * at one of the iterations since DuckDB opened the file it was free, a metadata block, or beyond
 * the block count. So E is the union of these three over all iterations seen, and one iteration
 * that was not seen makes it everything, until DuckDB opens the file anew.
 *
 * <p>Two such sets are kept: one of the present DuckDB instance, which only grows, and one of what
 * earlier instances left that no commit has covered yet. Not safe for threads; {@link
 * DatabaseObserver} guards it.
 */
final class CandidateBlocks {
  private static final long NONE = Long.MAX_VALUE;

  private final RoaringBitmap blocks = new RoaringBitmap();
  private long beyond = NONE;
  private boolean everything;

  private final RoaringBitmap uncommittedBlocks = new RoaringBitmap();
  private long uncommittedBeyond = NONE;
  private boolean uncommittedEverything;

  /** DuckDB is about to open the file anew, at this free list. */
  void beginInstance(FreeList freeList) {
    uncommittedBlocks.or(blocks);
    uncommittedBeyond = Math.min(uncommittedBeyond, beyond);
    uncommittedEverything |= everything;
    blocks.clear();
    beyond = NONE;
    everything = false;
    observe(freeList);
  }

  /** An iteration of the present instance. */
  void observe(FreeList freeList) {
    blocks.or(freeList.free());
    blocks.or(freeList.metadata());
    beyond = Math.min(beyond, freeList.blockCount());
  }

  /** These may have changed too, whatever the lists say. */
  void suspect(RoaringBitmap ids) {
    blocks.or(ids);
  }

  /** An iteration was not seen, or DuckDB had the file open before we came. */
  void distrustInstance() {
    everything = true;
  }

  /**
   * Nothing proves how the file differs from the last commit; the next one looks at every block.
   */
  void distrustPast() {
    uncommittedEverything = true;
  }

  /** All that earlier instances left is in the log. */
  void pastCommitted() {
    uncommittedBlocks.clear();
    uncommittedBeyond = NONE;
    uncommittedEverything = false;
  }

  /** Whether every block in use must be looked at. */
  boolean isEverything() {
    return everything || uncommittedEverything;
  }

  /** Those of the blocks in use that may have changed. */
  RoaringBitmap among(RoaringBitmap inUse, long blockCount) {
    if (isEverything()) {
      return inUse.clone();
    }
    RoaringBitmap candidates = RoaringBitmap.or(blocks, uncommittedBlocks);
    long from = Math.min(beyond, uncommittedBeyond);
    if (from < blockCount) {
      candidates.add(from, blockCount);
    }
    candidates.and(inUse);
    return candidates;
  }
}
