package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

final class BlockSumTest {
  private static final RoaringBitmap METADATA = RoaringBitmap.bitmapOf(0, 1);
  private static final RoaringBitmap FREE = RoaringBitmap.bitmapOf(5, 6);

  private static BlockSum sum(
      RoaringBitmap referenced, Map<Integer, Integer> useCounts, IndexBlocks... indexes) {
    return BlockSum.of(
        new ReferencedBlocks(referenced, useCounts, List.of(indexes)),
        new BlockLists(FREE, Map.of(3, 4), METADATA, Map.of()),
        7);
  }

  @Test
  void closes_eachBlockInOnePlace() {
    BlockSum sum = sum(RoaringBitmap.bitmapOf(2, 3, 4), Map.of(3, 4));
    assertThat(sum.closes()).isTrue();
    assertThat(sum.addsUp()).isTrue();
    assertThat(sum.faults()).isEmpty();
    assertThat(sum.isWrongForIndexesOnFreeBlocksOnly()).isFalse();
  }

  @Test
  void limbo_blockInNoPlace_addsUpButDoesNotClose() {
    BlockSum sum = sum(RoaringBitmap.bitmapOf(2, 3), Map.of(3, 4));
    assertThat(sum.closes()).isFalse();
    assertThat(sum.addsUp()).isTrue();
    assertThat(sum.limbo()).isEqualTo(RoaringBitmap.bitmapOf(4));
    assertThat(sum.faults()).isEqualTo("1 neither referred to, nor metadata, nor free: [4]");
  }

  @Test
  void wrongUseCounts_ofEitherSide_doNotAddUp() {
    for (Map<Integer, Integer> counts :
        List.of(Map.<Integer, Integer>of(), Map.of(3, 3), Map.of(3, 5), Map.of(3, 4, 2, 2))) {
      BlockSum sum = sum(RoaringBitmap.bitmapOf(2, 3, 4), counts);
      assertThat(sum.addsUp()).as("%s", counts).isFalse();
      assertThat(sum.faults()).contains("other than as often as listed");
    }
  }

  @Test
  void referenced_andMetadata_doesNotAddUp() {
    BlockSum sum = sum(RoaringBitmap.bitmapOf(1, 2, 3, 4), Map.of(3, 4));
    assertThat(sum.addsUp()).isFalse();
    assertThat(sum.faults()).contains("1 referred to and metadata: [1]");
  }

  @Test
  void indexesOnFreeBlocks_areNamed_andToldFromOtherFaults() {
    IndexBlocks index =
        new IndexBlocks("main", "orders", "byDate", RoaringBitmap.bitmapOf(4, 5, 6));
    BlockSum sum = sum(RoaringBitmap.bitmapOf(2, 3, 4, 5, 6), Map.of(3, 4), index);
    assertThat(sum.addsUp()).isFalse();
    assertThat(sum.isWrongForIndexesOnFreeBlocksOnly()).isTrue();
    assertThat(sum.indexesOnFreeBlocks())
        .containsExactly(new IndexBlocks("main", "orders", "byDate", FREE));
    assertThat(sum.faults())
        .isEqualTo("2 referred to by index byDate on main.orders and free: [5, 6]");

    BlockSum tableToo =
        sum(
            RoaringBitmap.bitmapOf(2, 3, 4, 5, 6),
            Map.of(3, 4),
            new IndexBlocks("main", "orders", "byDate", RoaringBitmap.bitmapOf(5)));
    assertThat(tableToo.isWrongForIndexesOnFreeBlocksOnly()).isFalse();
    assertThat(
            sum(RoaringBitmap.bitmapOf(2, 3, 4, 5), Map.of(3, 5), index)
                .isWrongForIndexesOnFreeBlocksOnly())
        .isFalse();
  }
}
