package io.haduck.testing;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/** Counts, and ends early where it is told to. For one thread. */
final class CutStream extends InputStream {
  private final InputStream in;
  private final AtomicLong bytesRead;
  private final boolean breaks;
  private long left;

  /**
   * A stream of what is left of another one.
   *
   * @param bytesRead is added to
   * @param end after so many bytes it is over
   * @param breaks whether it then fails, instead of ending
   */
  CutStream(InputStream in, AtomicLong bytesRead, long end, boolean breaks) {
    this.in = in;
    this.bytesRead = bytesRead;
    this.left = end;
    this.breaks = breaks;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (left == 0 && length > 0) {
      if (breaks) {
        throw new IOException("injected fault: the connection broke");
      }
      return -1;
    }
    int count = in.read(target, offset, (int) Math.min(length, left));
    if (count > 0) {
      left -= count;
      bytesRead.addAndGet(count);
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
