package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.DatabaseHeader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/**
 * What a header's free list says of all blocks, with the use counts (storage facts §2). The bitmaps
 * are shared, not copied: do not modify them.
 *
 * @param free ids of blocks that the header does not use
 * @param useCounts how often blocks are used that are used more than once
 * @param metadata ids of the metadata blocks
 * @param freeParts of the metadata blocks, which of their 64 sub-blocks are free, the lowest bit
 *     for the first; none where an id is missing
 */
record BlockLists(
    RoaringBitmap free,
    Map<Integer, Integer> useCounts,
    RoaringBitmap metadata,
    Map<Integer, Long> freeParts) {

  /** Reads the lists of a header that has some. */
  static BlockLists read(DatabaseHeader header, MetadataSpace space)
      throws UnprovenException, IOException {
    MetadataChain list = new MetadataChain(space, header.freeListPointer(), 0);
    RoaringBitmap free = new RoaringBitmap();
    RoaringBitmap metadata = new RoaringBitmap();
    Map<Integer, Integer> useCounts = new HashMap<>();
    Map<Integer, Long> freeParts = new HashMap<>();
    long blockCount = header.blockCount();
    for (long left = count(list, blockCount); left > 0; left--) {
      add(free, list, blockCount);
    }
    for (long left = count(list, blockCount); left > 0; left--) {
      int id = id(list, blockCount);
      int uses = (int) list.readFixed(Integer.BYTES);
      if (uses < 2 || useCounts.put(id, uses) != null) {
        throw new UnprovenException("block " + id + " is listed twice, or as used " + uses);
      }
    }
    for (long left = count(list, blockCount); left > 0; left--) {
      int id = add(metadata, list, blockCount);
      long freeBits = list.readFixed(Long.BYTES);
      if (freeBits != 0) {
        freeParts.put(id, freeBits);
      }
    }
    return new BlockLists(free, useCounts, metadata, freeParts);
  }

  private static long count(MetadataChain list, long blockCount)
      throws UnprovenException, IOException {
    long count = list.readFixed(Long.BYTES);
    if (count < 0 || count > blockCount) {
      throw new UnprovenException(
          Long.toUnsignedString(count) + " blocks are listed of " + blockCount);
    }
    return count;
  }

  private static int id(MetadataChain list, long blockCount) throws UnprovenException, IOException {
    long id = list.readFixed(Long.BYTES);
    if (id < 0 || id >= blockCount) {
      throw new UnprovenException("block " + id + " is listed, which is none of the file");
    }
    return (int) id;
  }

  private static int add(RoaringBitmap ids, MetadataChain list, long blockCount)
      throws UnprovenException, IOException {
    int id = id(list, blockCount);
    if (!ids.checkedAdd(id)) {
      throw new UnprovenException("block " + id + " is listed twice");
    }
    return id;
  }
}
