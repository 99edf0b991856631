package io.haduck.core.internal.metadata;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/** Counts who refers to which block. */
final class BlockReferences implements ReferenceSink {
  private final RoaringBitmap blocks = new RoaringBitmap();
  private final Map<Integer, Integer> useCounts = new HashMap<>();
  private final Map<List<String>, RoaringBitmap> indexes = new LinkedHashMap<>();

  @Override
  public void segment(StoredType type, int compression, int block) {
    add(block);
  }

  @Override
  public void furtherBlock(StoredType type, int compression, int block) {
    add(block);
  }

  @Override
  public void indexBuffer(String schema, String table, String index, int block) {
    add(block);
    indexes.computeIfAbsent(List.of(schema, table, index), name -> new RoaringBitmap()).add(block);
  }

  private void add(int block) {
    if (!blocks.checkedAdd(block)) {
      useCounts.merge(block, 2, (count, two) -> count + 1);
    }
  }

  /** What was counted. Nothing may be added afterwards. */
  ReferencedBlocks counted() {
    List<IndexBlocks> named = new ArrayList<>();
    indexes.forEach(
        (name, used) -> named.add(new IndexBlocks(name.get(0), name.get(1), name.get(2), used)));
    return new ReferencedBlocks(blocks, useCounts, named);
  }
}
