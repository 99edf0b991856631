package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.FreeList;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * E of docs/internals/architecture.md#what-duckdb-gives-us-to-stand-on: the blocks that may differ
 * from the last commit to the log.
 *
 * <p>A block that is in use at some iteration can differ from what it was at an earlier one only if
 * at one of the iterations since DuckDB opened the file it was free, a metadata block, or beyond
 * the block count. So E is the union of these three over all iterations seen, and one iteration
 * that was not seen makes it everything, until DuckDB opens the file anew or E restarts.
 *
 * <p>It restarts at an iteration whose metadata says which blocks are in use, and whose content the
 * log holds: what was listed before it does not matter any more, but for blocks that this iteration
 * neither uses nor lists.
 *
 * <p>Two such sets are kept: one of the present DuckDB instance, which only grows between restarts,
 * and one of what earlier instances left that no commit has covered yet. Not safe for threads;
 * {@link DatabaseObserver} guards it.
 */
final class CandidateBlocks {
  private ListedBlocks present = new ListedBlocks();
  private final ListedBlocks uncommitted = new ListedBlocks();

  /** What was listed since the iteration at which E is to restart; null while none is. */
  private @Nullable ListedBlocks restarting;

  /** DuckDB is about to open the file anew, at this free list. */
  void beginInstance(FreeList freeList) {
    uncommitted.add(present);
    present.clear();
    restarting = null;
    present.observe(freeList);
  }

  /** An iteration of the present instance. */
  void observe(FreeList freeList) {
    present.observe(freeList);
    if (restarting != null) {
      restarting.observe(freeList);
    }
  }

  /** These may have changed too, whatever the lists say. */
  void suspect(RoaringBitmap ids) {
    present.add(ids);
    if (restarting != null) {
      restarting.add(ids);
    }
  }

  /** An iteration was not seen, or DuckDB had the file open before we came. */
  void distrustInstance() {
    present.addEverything();
    if (restarting != null) {
      restarting.addEverything();
    }
  }

  /**
   * Nothing proves how the file differs from the last commit; the next one looks at every block.
   */
  void distrustPast() {
    uncommitted.addEverything();
  }

  /** All that earlier instances left is in the log. */
  void pastCommitted() {
    uncommitted.clear();
  }

  /** E is to restart at the present iteration, which has this list; the last such call counts. */
  void beginRestart(FreeList freeList) {
    restarting = new ListedBlocks();
    restarting.observe(freeList);
  }

  /**
   * Restarts E at the iteration at which that began.
   *
   * @param limbo blocks that this iteration neither uses nor lists
   * @return false if none began, or DuckDB has opened the file anew since
   */
  boolean finishRestart(RoaringBitmap limbo) {
    ListedBlocks restarted = restarting;
    if (restarted == null) {
      return false;
    }
    restarted.add(limbo);
    present = restarted;
    restarting = null;
    return true;
  }

  /** Whether every block in use must be looked at. */
  boolean isEverything() {
    return present.isEverything() || uncommitted.isEverything();
  }

  /** Those of the blocks in use that may have changed. */
  RoaringBitmap among(RoaringBitmap inUse, long blockCount) {
    if (isEverything()) {
      return inUse.clone();
    }
    RoaringBitmap candidates = new RoaringBitmap();
    present.addTo(candidates, blockCount);
    uncommitted.addTo(candidates, blockCount);
    candidates.and(inUse);
    return candidates;
  }
}
