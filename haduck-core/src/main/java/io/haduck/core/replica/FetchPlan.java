package io.haduck.core.replica;

import io.haduck.core.log.BlockIndex;
import io.haduck.core.log.BlockLocation;
import io.haduck.core.log.DatabaseIdentity;
import java.util.ArrayList;
import java.util.List;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** Which ranges of which objects hold the blocks that are wanted, neighbours joined. */
final class FetchPlan {
  private FetchPlan() {}

  /** One block and where it is. */
  record Wanted(int blockId, BlockLocation location) implements ObjectPart {
    @Override
    public String objectKey() {
      return location.objectKey();
    }

    @Override
    public long offset() {
      return location.offset();
    }

    @Override
    public int storedLength() {
      return location.storedLength();
    }

    @Override
    public int rawLength() {
      return DatabaseIdentity.MAX_BLOCK_SIZE;
    }
  }

  /** Plans to fetch these blocks, all of which the index has. */
  static List<ObjectRange<Wanted>> of(BlockIndex index, RoaringBitmap blocks) {
    List<Wanted> wanted = new ArrayList<>(blocks.getCardinality());
    for (IntIterator ids = blocks.getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      wanted.add(new Wanted(id, index.locate(id)));
    }
    return ObjectRange.join(wanted);
  }
}
