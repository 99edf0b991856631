package io.haduck.core.internal.fetch;

/** An array that is used again for one part after the other. For one thread. */
final class PartBuffer {
  /** What is kept between two ranges at most, in bytes. */
  static final int KEPT = 1 << 20;

  private byte[] bytes = new byte[0];

  /** An array of at least so many bytes; what it held is gone. */
  byte[] ofAtLeast(int length) {
    if (bytes.length < length) {
      bytes = new byte[length];
    }
    return bytes;
  }

  /** Lets go of an array that is longer than most parts need. */
  void shrink() {
    if (bytes.length > KEPT) {
      bytes = new byte[0];
    }
  }
}
