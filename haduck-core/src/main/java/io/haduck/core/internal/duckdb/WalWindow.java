package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;

/**
 * The stretch of a file that is in memory, so that small entries do not cost a read each. Not
 * thread-safe.
 */
final class WalWindow {
  /**
   * Bytes that can be asked for at once; a multiple of 8, so that checksums go on from one window
   * to the next.
   */
  static final int BYTES = 1 << 16;

  private final SeekableByteChannel file;
  private final byte[] bytes = new byte[BYTES];
  private final ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  private long start;
  private int length;

  WalWindow(SeekableByteChannel file) {
    this.file = file;
  }

  /** Forgets what was read: the file may have changed. */
  void forget() {
    length = 0;
  }

  /**
   * Sees to it that bytes are in memory.
   *
   * @return {@code wanted}, or fewer where the file ends
   */
  int load(long at, int wanted) throws IOException {
    if (at < start || at + wanted > start + length) {
      file.position(at);
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining() && file.read(buffer) > 0) {
        // reads on: a channel may return less than asked for
      }
      start = at;
      length = buffer.position();
    }
    return (int) Math.min(wanted, start + length - at);
  }

  /** The array in which loaded bytes are, see {@link #index}. */
  byte[] array() {
    return bytes;
  }

  /** Where in {@link #array()} a loaded position is. */
  int index(long at) {
    return (int) (at - start);
  }

  /** The loaded u64 at a position. */
  long longAt(long at) {
    return numbers.getLong(index(at));
  }
}
