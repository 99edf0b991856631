package io.haduck.core.internal.capture;

import io.haduck.core.internal.log.StoredBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes that grow at their end, copied into a few large arrays. A segment of thousands of small
 * ones would be moved about by the garbage collector, and age, while it is put together and sent;
 * large ones lie where they are until nobody refers to them. They are not used again for the next
 * segment, since a store may still hold on to them ({@code ObjectBody}).
 *
 * <p>For one thread at a time.
 */
final class ChunkedBytes {
  /** A commit of one row needs no more. */
  private static final int FIRST_LENGTH = 16 << 10;

  private static final int GROWTH = 4;

  /** With its header it is a whole number of regions of G1, so that none of it is wasted. */
  private static final int LONGEST = (4 << 20) - 64;

  private final List<byte[]> chunks = new ArrayList<>();

  /** Index of the chunk that is filled now, and how much of it is. */
  private int current;

  private int used;

  private long length;
  private long capacity;

  /** In bytes. */
  long length() {
    return length;
  }

  /**
   * Appends a copy. Where there is no memory for it, nothing has been appended, and what was before
   * is as it was.
   */
  void append(StoredBytes stored) {
    reserve(stored.length());
    for (int from = 0; from < stored.length(); ) {
      byte[] chunk = chunks.get(current);
      if (used == chunk.length) {
        current++;
        used = 0;
        continue;
      }
      int count = Math.min(chunk.length - used, stored.length() - from);
      stored.copyTo(from, chunk, used, count);
      used += count;
      from += count;
    }
    length += stored.length();
  }

  private void reserve(int wanted) {
    while (capacity - length < wanted) {
      int next =
          chunks.isEmpty()
              ? Math.min(LONGEST, Math.max(FIRST_LENGTH, wanted))
              : (int) Math.min(LONGEST, (long) chunks.get(chunks.size() - 1).length * GROWTH);
      byte[] chunk = new byte[next];
      chunks.add(chunk);
      capacity += chunk.length;
    }
  }

  /**
   * Returns all bytes, in order, in arrays that nobody changes any more; nothing is appended after
   * this.
   */
  List<byte[]> pieces() {
    List<byte[]> pieces = new ArrayList<>(chunks.subList(0, Math.min(chunks.size(), current + 1)));
    int last = pieces.size() - 1;
    if (last >= 0 && used < pieces.get(last).length) {
      pieces.set(last, Arrays.copyOf(pieces.get(last), used));
    }
    return pieces;
  }
}
