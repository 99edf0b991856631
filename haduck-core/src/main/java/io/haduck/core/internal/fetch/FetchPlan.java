package io.haduck.core.internal.fetch;

import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.BlockLocation;
import io.haduck.core.internal.log.DatabaseIdentity;
import java.util.ArrayList;
import java.util.List;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** Which ranges of which objects hold the blocks that are wanted, neighbours joined. */
public final class FetchPlan {
  private FetchPlan() {}

  /** One block and where it is. */
  public record Wanted(int blockId, BlockLocation location) implements ObjectPart {
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
  public static List<ObjectRange<Wanted>> of(BlockIndex index, RoaringBitmap blocks) {
    List<Wanted> wanted = new ArrayList<>(blocks.getCardinality());
    for (IntIterator ids = blocks.getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      wanted.add(new Wanted(id, index.locate(id)));
    }
    return ObjectRange.join(wanted);
  }
}
