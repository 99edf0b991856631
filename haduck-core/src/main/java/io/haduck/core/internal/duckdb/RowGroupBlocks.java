package io.haduck.core.internal.duckdb;

import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Finds the blocks that a WAL entry of row-group data names, without knowing all of DuckDB's
 * serialization.
 *
 * <p>Fields are written as u16 number, then value; a value's length follows from its type, which
 * only DuckDB knows. But a block id stands in two places only (DuckDB: {@code
 * DataPointer::Serialize}, {@code BlockPointer::Serialize}, {@code
 * SerializedStringSegmentState::Serialize}, the same in 1.4, 1.5 and 2.0):
 *
 * <ul>
 *   <li>{@code 66 00 64 00} signed varint: a segment's {@code block_pointer.block_id};
 *   <li>{@code 69 00 01 01 00} count, signed varints: a segment's {@code
 *       segment_state.overflow_blocks}.
 * </ul>
 *
 * So everything that follows these bytes anywhere in the entry is taken as an id. That is every
 * block named, and now and then a number that only looks like one, which costs reading a block that
 * turns out not to have changed. What the two places look like depends on the storage version
 * alone; unknown ones are refused by {@link DatabaseHeader}.
 */
final class RowGroupBlocks {
  /** Bytes that an entry may take in memory to be searched; holds the names of some 100 GB. */
  static final int LONGEST_ENTRY = 32 << 20;

  /** Beyond this, what looks like lists of ids is no list of ids. */
  private static final long MOST_IDS_READ = 16L << 20;

  private final byte[] bytes;
  private final RoaringBitmap found = new RoaringBitmap();
  private long idsRead;
  private int at;

  private RowGroupBlocks(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Ids of the blocks that an entry names, and perhaps a few more.
   *
   * @return null if that cannot be told: any block may be named
   */
  static @Nullable RoaringBitmap find(byte[] entry) {
    var search = new RowGroupBlocks(entry);
    return search.run() ? search.found : null;
  }

  private boolean run() {
    for (int i = 0; i + 4 < bytes.length; i++) {
      if (bytes[i + 1] != 0) {
        continue;
      }
      if (bytes[i] == 0x66 && bytes[i + 2] == 0x64 && bytes[i + 3] == 0) {
        at = i + 4;
        addId();
      } else if (bytes[i] == 0x69
          && bytes[i + 2] == 1
          && bytes[i + 3] == 1
          && bytes[i + 4] == 0
          && !addList(i + 5)) {
        return false;
      }
    }
    return true;
  }

  private boolean addList(int from) {
    at = from;
    long count = readUnsigned();
    // An id takes a byte at least, so a longer list is none.
    if (count <= 0 || count > bytes.length - at) {
      return true;
    }
    for (long i = 0; i < count && addId(); i++) {
      if (++idsRead > MOST_IDS_READ) {
        return false;
      }
    }
    return true;
  }

  /** Reads an id; false where there is none. */
  private boolean addId() {
    long value = 0;
    for (int shift = 0; shift < 64 && at < bytes.length; shift += 7) {
      int b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        if ((b & 0x40) != 0 && shift + 7 < 64) {
          value |= -1L << (shift + 7);
        }
        // Constant segments have no block: DuckDB writes -1.
        if (value >= 0 && value < Integer.MAX_VALUE) {
          found.add((int) value);
        }
        return true;
      }
    }
    return false;
  }

  private long readUnsigned() {
    long value = 0;
    for (int shift = 0; shift < 64 && at < bytes.length; shift += 7) {
      int b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    return -1;
  }
}
