package io.haduck.core.internal.restoring;

import java.io.IOException;
import java.util.function.IntConsumer;

/**
 * Blocks that follow each other, gathered to be written at once; where they do not, or there are
 * enough, what was gathered is written first. For one thread.
 */
final class BlockRun {
  /** Bytes that are written at once. */
  private static final int LENGTH = 1 << 20;

  private final EarlySyncedFile file;
  private final long firstBlock;
  private final int blockSize;
  private final IntConsumer written;
  private final byte[] bytes;

  /** The first one's id; of no meaning while there is none. */
  private int first;

  private int count;

  /**
   * Of no blocks yet.
   *
   * @param firstBlock where in the file block 0 is
   * @param written told how many blocks were written, each time that some were
   */
  BlockRun(EarlySyncedFile file, long firstBlock, int blockSize, IntConsumer written) {
    this.file = file;
    this.firstBlock = firstBlock;
    this.blockSize = blockSize;
    this.written = written;
    this.bytes = new byte[Math.max(1, LENGTH / blockSize) * blockSize];
  }

  /** Where the blocks are to be put. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns where in {@link #bytes()} a block is to be put, before it is {@link #add added}. */
  int placeFor(int blockId) throws IOException {
    if (blockId != first + count || (count + 1) * blockSize > bytes.length) {
      write();
      first = blockId;
    }
    return count * blockSize;
  }

  /** Takes the block for which there was a place. */
  void add() {
    count++;
  }

  /** Writes what was gathered. */
  void write() throws IOException {
    if (count > 0) {
      file.write(bytes, count * blockSize, firstBlock + (long) first * blockSize);
      written.accept(count);
      first += count;
      count = 0;
    }
  }
}
