package io.haduck.core.internal.metadata;

/** What came of reading a header's metadata. */
sealed interface WalkResult {
  /**
   * All of it was read, and is of kinds that are known. That it was understood is proven only once
   * {@link BlockSum} adds up.
   *
   * @param referenced what tables and indexes refer to
   * @param lists what the header's free list says
   * @param tables tables that were read
   * @param metadataBytes bytes of metadata that were read
   */
  record Walked(ReferencedBlocks referenced, BlockLists lists, int tables, long metadataBytes)
      implements WalkResult {
    /** Adds up what was referred to and what the lists say. */
    public BlockSum sum(long blockCount) {
      return BlockSum.of(referenced, lists, blockCount);
    }
  }

  /**
   * Something is not known, or not as it must be: nothing may be concluded.
   *
   * @param reason what was found, for people
   */
  record Unproven(String reason) implements WalkResult {}
}
