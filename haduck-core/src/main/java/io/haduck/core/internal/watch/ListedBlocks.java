package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.FreeList;
import org.roaringbitmap.RoaringBitmap;

/**
 * Blocks that were free, metadata, or beyond the block count, at one of several iterations. Not
 * safe for threads.
 */
final class ListedBlocks {
  private static final long NONE = Long.MAX_VALUE;

  private final RoaringBitmap blocks = new RoaringBitmap();
  private long beyond = NONE;
  private boolean everything;

  /** An iteration, by its list. */
  void observe(FreeList freeList) {
    blocks.or(freeList.free());
    blocks.or(freeList.metadata());
    beyond = Math.min(beyond, freeList.blockCount());
  }

  /** These too. */
  void add(RoaringBitmap ids) {
    blocks.or(ids);
  }

  /** An iteration whose list is not known. */
  void addEverything() {
    everything = true;
  }

  /** Those of others too. */
  void add(ListedBlocks others) {
    blocks.or(others.blocks);
    beyond = Math.min(beyond, others.beyond);
    everything |= others.everything;
  }

  /** No iteration any more. */
  void clear() {
    blocks.clear();
    beyond = NONE;
    everything = false;
  }

  /** Whether any block may be one of these. */
  boolean isEverything() {
    return everything;
  }

  /** Adds those below the block count to others, unless they are everything. */
  void addTo(RoaringBitmap others, long blockCount) {
    others.or(blocks);
    if (beyond < blockCount) {
      others.add(beyond, blockCount);
    }
  }
}
