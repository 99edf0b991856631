package io.haduck.core.internal.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;
import org.roaringbitmap.RoaringBitmapWriter;

/**
 * Decodes sets of block ids. RoaringBitmap's own deserialization accepts nonsense (unsorted arrays,
 * overlapping runs), so the set is built anew from values that are checked one by one.
 */
final class BlockIds {
  /** More block records than this do not fit into an object. */
  private static final long MAX_CARDINALITY = 1L << 26;

  private BlockIds() {}

  /**
   * Reads u32 cardinality, u32 length and that many bytes in Roaring's portable format.
   *
   * @param bound all ids are below it
   * @param elementLength how many bytes each id costs further on, to bound the cardinality
   */
  static RoaringBitmap decode(Input in, long bound, int elementLength, String what) {
    int from = in.offset();
    long cardinality = in.u32();
    int length = in.count(1, "bytes of " + what);
    if (cardinality > Math.min(bound, MAX_CARDINALITY)
        || cardinality * elementLength > in.remaining()) {
      throw in.corruptAt(
          from,
          cardinality
              + " "
              + what
              + " where "
              + in.remaining()
              + " bytes follow and ids are below "
              + bound);
    }
    int bodyOffset = in.offset();
    byte[] body = in.bytes(length);
    RoaringBitmap found = new RoaringBitmap();
    ByteBuffer source = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    try {
      found.deserialize(source);
    } catch (IOException | RuntimeException e) {
      // Which exceptions nonsense raises in there is not specified.
      throw in.corruptAt(bodyOffset, what + " are no Roaring bitmap: " + e, e);
    }
    RoaringBitmapWriter<RoaringBitmap> checked = RoaringBitmapWriter.writer().get();
    long previous = -1;
    long count = 0;
    try {
      PeekableIntIterator ids = found.getIntIterator();
      while (ids.hasNext()) {
        int id = ids.next();
        count++;
        if (id <= previous || id >= bound || count > cardinality) {
          throw in.corruptAt(
              bodyOffset,
              what
                  + ": id "
                  + Integer.toUnsignedLong(id)
                  + " after "
                  + previous
                  + ", as number "
                  + count
                  + " of "
                  + cardinality
                  + ", where ids ascend below "
                  + bound);
        }
        checked.add(id);
        previous = id;
      }
    } catch (IndexOutOfBoundsException e) {
      throw in.corruptAt(bodyOffset, what + " are no Roaring bitmap: " + e, e);
    }
    if (count != cardinality) {
      throw in.corruptAt(bodyOffset, "expected " + cardinality + " " + what + ", found " + count);
    }
    if (found.serializedSizeInBytes() != length) {
      throw in.corruptAt(
          bodyOffset,
          what + " take " + found.serializedSizeInBytes() + " bytes, not the declared " + length);
    }
    return checked.get();
  }
}
