package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;

/**
 * Fields as DuckDB's {@code BinarySerializer} writes them: a u16 for the field's number, then its
 * value; {@code ff ff} ends an object. Not thread-safe.
 */
final class WalFields {
  static final int END_OF_OBJECT = 0xffff;

  private final byte[] bytes;
  private final int end;
  private int at;

  WalFields(byte[] bytes, int offset, int end) {
    this.bytes = bytes;
    this.at = offset;
    this.end = end;
  }

  /** The bytes end where a field should go on. */
  static final class EndReached extends Exception {
    private static final long serialVersionUID = 1L;

    EndReached() {
      super("The bytes end within a field", null, false, false);
    }
  }

  int position() {
    return at;
  }

  int readField() throws EndReached {
    return readByte() | readByte() << 8;
  }

  void expectField(int field) throws EndReached {
    int found = readField();
    if (found != field) {
      throw corrupt("expected field " + field + ", found " + found);
    }
  }

  /** An unsigned LEB128 number of up to 64 bits. */
  long readVarint() throws EndReached {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = readByte();
      value |= (b & 0x7fL) << shift;
      if ((b & 0x80) == 0) {
        return value;
      }
    }
    throw corrupt("a number has more than 64 bits");
  }

  CorruptDataException corrupt(String found) {
    return new CorruptDataException("WAL field that ends at byte " + at + ": " + found);
  }

  private int readByte() throws EndReached {
    if (at >= end) {
      throw new EndReached();
    }
    return bytes[at++] & 0xff;
  }
}
