package io.haduck.core.internal.metadata;

import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/**
 * The blocks that tables and indexes refer to. The bitmaps are shared, not copied: do not modify
 * them.
 *
 * @param blocks all that are referred to
 * @param useCounts how often, for those that are referred to more than once
 * @param indexes of the blocks, those that indexes refer to
 */
record ReferencedBlocks(
    RoaringBitmap blocks, Map<Integer, Integer> useCounts, List<IndexBlocks> indexes) {}
