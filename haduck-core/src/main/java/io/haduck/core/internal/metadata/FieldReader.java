package io.haduck.core.internal.metadata;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Reads what DuckDB's {@code BinarySerializer} wrote: objects are fields with a number of two bytes
 * each, in a fixed order, and an end; numbers are LEB128; nothing says what type a field has.
 *
 * <p>Whoever reads asks for each field that may come, in its order, and then for the end; a field
 * that was not asked for is unproven there.
 */
final class FieldReader {
  private static final int END = 0xffff;
  private static final int NONE = -1;

  /** Objects within objects: half of what fits on a stack of 512 KiB before code is compiled. */
  private static final int DEEPEST = 200;

  private static final int LONGEST_KEPT_STRING = 1 << 16;

  private final MetadataChain chain;
  private int peeked = NONE;
  private int depth;

  FieldReader(MetadataChain chain) {
    this.chain = chain;
  }

  /** Begins an object. */
  void begin() throws UnprovenException {
    requireNothingPeeked();
    depth++;
    if (depth > DEEPEST) {
      throw new UnprovenException("objects lie more than " + DEEPEST + " deep in each other");
    }
  }

  /** Whether the next field is this one, which is then read next. */
  boolean has(int field) throws UnprovenException, IOException {
    if (peeked == NONE) {
      peeked = (int) chain.readFixed(2);
    }
    if (peeked != field) {
      return false;
    }
    peeked = NONE;
    return true;
  }

  /** Requires a field, which is then read next. */
  void expect(int field, String object) throws UnprovenException, IOException {
    if (!has(field)) {
      throw new UnprovenException(object + ": expected field " + field + ", found " + peekedName());
    }
  }

  /** Requires the end of an object. */
  void end(String object) throws UnprovenException, IOException {
    if (!has(END)) {
      throw new UnprovenException(object + " has " + peekedName() + ", which is unknown there");
    }
    depth--;
  }

  private String peekedName() {
    return peeked == END ? "its end" : "field " + peeked;
  }

  /** How many elements of a list follow. */
  long readCount() throws UnprovenException, IOException {
    return readUnsigned();
  }

  /** Whether a pointer is one to something, which then follows. */
  boolean readPresent() throws UnprovenException, IOException {
    return readBool();
  }

  boolean readBool() throws UnprovenException, IOException {
    requireNothingPeeked();
    int value = chain.readByte();
    if (value > 1) {
      throw new UnprovenException("found " + value + " for true or false");
    }
    return value == 1;
  }

  /** An unsigned number; what does not fit into 63 bits is negative. */
  long readUnsigned() throws UnprovenException, IOException {
    requireNothingPeeked();
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = chain.readByte();
      value |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        if (shift == 63 && next > 1) {
          break;
        }
        return value;
      }
    }
    throw new UnprovenException("a number has more than 64 bits");
  }

  /** Passes over a number that may be signed or not. */
  void skipNumber() throws UnprovenException, IOException {
    requireNothingPeeked();
    for (int bytes = 1; bytes <= 10; bytes++) {
      if (chain.readByte() < 0x80) {
        return;
      }
    }
    throw new UnprovenException("a number has more than 64 bits");
  }

  long readSigned() throws UnprovenException, IOException {
    requireNothingPeeked();
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = chain.readByte();
      value |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        if (shift == 63) {
          if (next == 0 || next == 0x7f) {
            return value;
          }
          break;
        }
        return (next & 0x40) == 0 ? value : value | (-1L << (shift + 7));
      }
    }
    throw new UnprovenException("a number has more than 64 bits");
  }

  /** A little-endian number of eight bytes. */
  long readLong() throws UnprovenException, IOException {
    requireNothingPeeked();
    return chain.readFixed(8);
  }

  String readString() throws UnprovenException, IOException {
    long length = readUnsigned();
    if (length < 0 || length > LONGEST_KEPT_STRING) {
      throw new UnprovenException("a name has " + Long.toUnsignedString(length) + " bytes");
    }
    byte[] bytes = new byte[(int) length];
    chain.read(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Passes over a string or a run of bytes, whose length comes first. */
  void skipBytes() throws UnprovenException, IOException {
    chain.skip(readUnsigned());
  }

  /** Passes over bytes whose number is known. */
  void skip(int bytes) throws UnprovenException, IOException {
    requireNothingPeeked();
    chain.skip(bytes);
  }

  private void requireNothingPeeked() throws UnprovenException {
    if (peeked != NONE) {
      throw new UnprovenException("found " + peekedName() + " before a value");
    }
  }
}
