package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which blocks an iteration does not use, and which hold its metadata (DuckDB: {@code
 * SingleFileBlockManager::WriteHeader}).
 *
 * <p>The lists are those that were written with the header. Blocks that a commit or a checkpoint
 * takes from then on stay listed until the next header. Since DuckDB 1.5 a list also names blocks
 * that are written already, but belong to no checkpoint yet; 1.4 leaves those out, so that an id
 * may look used and never be.
 *
 * <p>The bitmaps are shared, not copied: do not modify them.
 *
 * @param free ids below {@code blockCount} that the iteration does not use; DuckDB may write or cut
 *     them off at any time, so the last of them may lie behind the end of the file
 * @param metadata ids of the metadata blocks, none of them free, which the next checkpoint may
 *     rewrite in place. All blocks, where an old file names none
 * @param freeParts of the metadata blocks, which of their 64 sub-blocks are free and may be
 *     rewritten before the next header, the lowest bit for the first; none where an id is missing
 * @param blockCount blocks of the file, free ones included
 */
public record FreeList(
    RoaringBitmap free, RoaringBitmap metadata, Map<Integer, Long> freeParts, long blockCount) {

  /**
   * Reads the free list that the active header of {@code headers} points at, a few kilobytes per
   * thousand free blocks.
   *
   * @param headers as just read from {@code file}
   * @throws HeaderMovedException if the file has other headers by now, whatever else went wrong:
   *     read those and try again
   * @throws CorruptDataException if the list does not verify, and the headers are still the same
   * @throws IOException if reading fails
   */
  public static FreeList read(DatabaseFile file, DatabaseHeaders headers) throws IOException {
    FreeList list;
    try {
      list = decode(new MetadataStream(file, headers), headers.active());
    } catch (CorruptDataException | IOException e) {
      requireSame(file, headers, e);
      throw e;
    }
    requireSame(file, headers, null);
    return list;
  }

  private static void requireSame(
      DatabaseFile file, DatabaseHeaders headers, @Nullable Exception cause) throws IOException {
    DatabaseHeaders now = file.readHeaders();
    if (!now.equals(headers)) {
      HeaderMovedException moved =
          new HeaderMovedException(
              file
                  + ": iteration "
                  + headers.active().iteration()
                  + " has become "
                  + now.active().iteration()
                  + " while its free list was read");
      if (cause != null) {
        moved.initCause(cause);
      }
      throw moved;
    }
  }

  private static FreeList decode(MetadataStream list, DatabaseHeader header) throws IOException {
    long blockCount = header.blockCount();
    RoaringBitmap free = new RoaringBitmap();
    RoaringBitmap metadata = new RoaringBitmap();
    if (header.freeListPointer().isNone()) {
      metadata.add(0L, blockCount);
      return new FreeList(free, metadata, Map.of(), blockCount);
    }
    RoaringBitmap multiUse = new RoaringBitmap();
    Map<Integer, Long> freeParts = new HashMap<>();
    for (long left = count(list, "free blocks", blockCount); left > 0; left--) {
      add(list, free, "free", blockCount);
    }
    for (long left = count(list, "multi-use blocks", blockCount); left > 0; left--) {
      add(list, multiUse, "multi-use", blockCount);
      list.readInt(); // how often it is used
    }
    for (long left = count(list, "metadata blocks", blockCount); left > 0; left--) {
      int id = add(list, metadata, "metadata", blockCount);
      long freeBits = list.readLong();
      if (freeBits != 0) {
        freeParts.put(id, freeBits);
      }
    }
    RoaringBitmap used = RoaringBitmap.or(metadata, multiUse);
    if (RoaringBitmap.intersects(free, used)) {
      throw list.corrupt(
          "block " + RoaringBitmap.and(free, used).first() + " is both free and in use");
    }
    return new FreeList(free, metadata, freeParts, blockCount);
  }

  private static long count(MetadataStream list, String what, long blockCount) throws IOException {
    long count = list.readLong();
    if (count < 0 || count > blockCount) {
      throw list.corrupt(
          "expected at most "
              + blockCount
              + " "
              + what
              + ", found "
              + Long.toUnsignedString(count));
    }
    return count;
  }

  private static int add(MetadataStream list, RoaringBitmap ids, String what, long blockCount)
      throws IOException {
    long id = list.readLong();
    if (id < 0 || id >= blockCount) {
      throw list.corrupt("expected a " + what + " block below " + blockCount + ", found " + id);
    }
    if (!ids.checkedAdd((int) id)) {
      throw list.corrupt(what + " block " + id + " is listed twice");
    }
    return (int) id;
  }

  /** Returns the same list, but for blocks that are in use though it has them as free. */
  public FreeList using(RoaringBitmap blocks) {
    return new FreeList(RoaringBitmap.andNot(free, blocks), metadata, freeParts, blockCount);
  }

  /** The blocks in use, metadata included: all that are not free. A new bitmap. */
  public RoaringBitmap inUse() {
    RoaringBitmap inUse = new RoaringBitmap();
    inUse.add(0L, blockCount);
    inUse.andNot(free);
    return inUse;
  }
}
