package io.haduck.core.internal.fetch;

import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.DatabaseIdentity;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.internal.log.SliceContent;
import java.util.ArrayList;
import java.util.List;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** Which ranges of which objects hold the blocks that are wanted, neighbours joined. */
public final class FetchPlan {
  private FetchPlan() {}

  /** One block and where it is; its hash is left to the index, which takes less memory. */
  public record Wanted(int blockId, ObjectSlice slice) implements ObjectPart {
    /** Returns what the block must be, as the index says. */
    public SliceContent content(BlockIndex index, int blockSize) {
      return new SliceContent.Block(blockId, index.hash(blockId), blockSize);
    }

    @Override
    public int rawLength() {
      return DatabaseIdentity.MAX_BLOCK_SIZE;
    }
  }

  /** Plans to fetch these blocks, all of which the index has. */
  public static List<ObjectRange<Wanted>> of(BlockIndex index, RoaringBitmap blocks) {
    List<Wanted> wanted = new ArrayList<>(blocks.getCardinality());
    for (IntIterator ids = blocks.getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      wanted.add(new Wanted(id, index.locate(id)));
    }
    return ObjectRange.join(wanted);
  }
}
