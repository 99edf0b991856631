package io.haduck.core.model;

/** Numbers from 0 to 15, two in a byte. */
final class Nibbles {
  private final byte[] bytes;
  private int position;

  Nibbles(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Writes the next number into bytes that were all zero. */
  void put(int number) {
    if (number < 0 || number > 15) {
      throw new IllegalArgumentException("not from 0 to 15: " + number);
    }
    bytes[position >> 1] |= (byte) (number << ((position++ & 1) * 4));
  }

  int next() {
    return (bytes[position >> 1] >> ((position++ & 1) * 4)) & 15;
  }

  byte[] bytes() {
    return bytes;
  }
}
