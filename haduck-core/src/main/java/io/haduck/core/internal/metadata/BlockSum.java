package io.haduck.core.internal.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/**
 * Whether each block of a header is either referred to, or metadata, or free, and referred to as
 * often as the header says. That proves the reading of the metadata: whatever it misread shows as a
 * block too many or too few.
 *
 * @param limbo blocks that are none of the three: freed while somebody still reads them, or never
 *     written
 * @param referencedAndFree blocks that are referred to though they are free
 * @param referencedAndMetadata blocks that are referred to though they hold metadata
 * @param metadataAndFree blocks that hold metadata though they are free
 * @param wrongUseCounts for blocks that are referred to more or less often than the header says,
 *     how often they are and should be
 * @param indexesOnFreeBlocks for each index that refers to free blocks, these: where they are all
 *     of {@code referencedAndFree}, it is a defect of DuckDB 1.4, which may overwrite them at its
 *     next checkpoint
 * @param blockCount of the header
 */
record BlockSum(
    RoaringBitmap limbo,
    RoaringBitmap referencedAndFree,
    RoaringBitmap referencedAndMetadata,
    RoaringBitmap metadataAndFree,
    Map<Integer, Uses> wrongUseCounts,
    List<IndexBlocks> indexesOnFreeBlocks,
    long blockCount) {
  private static final int MOST_NAMED = 8;
  private static final int FEW = 64;

  /** How often a block is referred to, and how often the header says it is. */
  public record Uses(int found, int listed) {}

  /**
   * Adds up.
   *
   * @param blockCount of the header
   */
  public static BlockSum of(ReferencedBlocks referenced, BlockLists lists, long blockCount) {
    RoaringBitmap blocks = referenced.blocks();
    RoaringBitmap limbo = new RoaringBitmap();
    limbo.add(0L, blockCount);
    limbo.andNot(blocks);
    limbo.andNot(lists.metadata());
    limbo.andNot(lists.free());
    RoaringBitmap onFree = RoaringBitmap.and(blocks, lists.free());
    List<IndexBlocks> indexesOnFree = new ArrayList<>();
    if (!onFree.isEmpty()) {
      for (IndexBlocks index : referenced.indexes()) {
        RoaringBitmap its = RoaringBitmap.and(index.blocks(), onFree);
        if (!its.isEmpty()) {
          indexesOnFree.add(new IndexBlocks(index.schema(), index.table(), index.index(), its));
        }
      }
    }
    return new BlockSum(
        limbo,
        onFree,
        RoaringBitmap.and(blocks, lists.metadata()),
        RoaringBitmap.and(lists.metadata(), lists.free()),
        wrongUseCounts(referenced, lists),
        indexesOnFree,
        blockCount);
  }

  private static Map<Integer, Uses> wrongUseCounts(ReferencedBlocks referenced, BlockLists lists) {
    Map<Integer, Uses> wrong = new TreeMap<>();
    referenced
        .useCounts()
        .forEach(
            (block, found) -> {
              int listed = lists.useCounts().getOrDefault(block, 1);
              if (listed != found) {
                wrong.put(block, new Uses(found, listed));
              }
            });
    lists
        .useCounts()
        .forEach(
            (block, listed) -> {
              if (!referenced.useCounts().containsKey(block)) {
                wrong.put(block, new Uses(referenced.blocks().contains(block) ? 1 : 0, listed));
              }
            });
    return wrong;
  }

  /** Whether each block has exactly one place, and use counts are right: the reading is proven. */
  public boolean closes() {
    return limbo.isEmpty() && addsUp();
  }

  /**
   * Whether no block has two places, and use counts are right. With blocks in {@link #limbo} that
   * is less than proof: some of them may be referred to and were missed, and one that was taken for
   * referred to might be in limbo.
   */
  public boolean addsUp() {
    return referencedAndFree.isEmpty()
        && referencedAndMetadata.isEmpty()
        && metadataAndFree.isEmpty()
        && wrongUseCounts.isEmpty();
  }

  /**
   * Whether nothing is wrong but that indexes refer to free blocks: a defect of DuckDB 1.4. These
   * blocks are free and in use both, so they may change at any time and a copy needs them.
   */
  public boolean isWrongForIndexesOnFreeBlocksOnly() {
    RoaringBitmap unexplained = referencedAndFree.clone();
    indexesOnFreeBlocks.forEach(index -> unexplained.andNot(index.blocks()));
    return !referencedAndFree.isEmpty()
        && unexplained.isEmpty()
        && referencedAndMetadata.isEmpty()
        && metadataAndFree.isEmpty()
        && wrongUseCounts.keySet().stream().allMatch(referencedAndFree::contains);
  }

  /**
   * Whether so much is in limbo that what was read is not to be believed, although what is in limbo
   * would count as changed: more than a few blocks, and an eighth of the header's.
   */
  boolean isMostlyLimbo() {
    long lost = limbo.getLongCardinality();
    return lost > FEW && lost > blockCount / 8;
  }

  /** What did not add up, for people; empty if the sum closes. */
  public String faults() {
    List<String> faults = new ArrayList<>();
    add(faults, limbo, "neither referred to, nor metadata, nor free");
    for (IndexBlocks index : indexesOnFreeBlocks) {
      add(faults, index.blocks(), "referred to by index " + index.name() + " and free");
    }
    if (indexesOnFreeBlocks.isEmpty()) {
      add(faults, referencedAndFree, "referred to and free");
    }
    add(faults, referencedAndMetadata, "referred to and metadata");
    add(faults, metadataAndFree, "metadata and free");
    if (!wrongUseCounts.isEmpty()) {
      faults.add(
          wrongUseCounts.size()
              + " referred to other than as often as listed: "
              + wrongUseCounts.entrySet().stream()
                  .limit(MOST_NAMED)
                  .map(
                      uses ->
                          uses.getKey()
                              + " ("
                              + uses.getValue().found()
                              + " for "
                              + uses.getValue().listed()
                              + ")")
                  .toList());
    }
    return String.join("; ", faults);
  }

  private static void add(List<String> faults, RoaringBitmap blocks, String what) {
    if (!blocks.isEmpty()) {
      faults.add(
          blocks.getLongCardinality()
              + " "
              + what
              + ": "
              + blocks.stream().limit(MOST_NAMED).boxed().toList());
    }
  }
}
