package io.haduck.core.internal.local;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Hashes that tell whether a file is still what it was: of its headers, which identify nothing by
 * themselves, and of its metadata blocks, which hold every table's statistics
 * (docs/internals/duckdb-files.md#what-a-checkpoint-may-change).
 */
public final class FileProof {
  private FileProof() {}

  public static Digest headers(DatabaseHeaders headers) {
    return Digest.sha256(headers.toByteArray());
  }

  /** Of the metadata blocks as the log has them. */
  public static Digest metadata(FreeList freeList, BlockIndex index) {
    return metadata(freeList.metadata(), index::hash);
  }

  /** Of the metadata blocks as they are on disk. */
  public static Digest metadata(DatabaseFile file, DatabaseHeaders headers, FreeList freeList)
      throws IOException {
    byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
    var hashes = new java.util.HashMap<Integer, BlockHash>();
    for (IntIterator ids = freeList.metadata().getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      file.read(headers.blockPosition(id), block, 0, block.length);
      hashes.put(id, BlockHash.of(block));
    }
    return metadata(freeList.metadata(), hashes::get);
  }

  private static Digest metadata(RoaringBitmap blocks, IntFunction<BlockHash> hashOf) {
    ByteBuffer all =
        ByteBuffer.allocate(blocks.getCardinality() * (Long.BYTES + BlockHash.LENGTH))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (IntIterator ids = blocks.getIntIterator(); ids.hasNext(); ) {
      int id = ids.next();
      BlockHash hash = hashOf.apply(id);
      all.putLong(id).putLong(hash.high()).putLong(hash.low());
    }
    return Digest.sha256(all.array());
  }
}
