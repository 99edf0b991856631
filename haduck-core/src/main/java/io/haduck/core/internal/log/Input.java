package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads little-endian values from a part of an array and checks every step. All errors name the
 * object and the offset in it.
 */
final class Input {
  /** Of an object that is damaged. */
  static final String WHAT_TO_DO =
      "restore an undamaged version of it, or restore to a seq that does not need it (a database file that is whole can"
          + " begin a new replica by another haduck.name instead)";

  private final String name;
  private final byte[] bytes;
  private final ByteBuffer values;
  private final int end;
  private final long base;
  private int at;

  Input(String name, byte[] bytes, int offset, int end) {
    this(name, bytes, offset, end, 0);
  }

  /** Over bytes of which the first is that at {@code base} of the object. */
  Input(String name, byte[] bytes, long base) {
    this(name, bytes, 0, bytes.length, base);
  }

  private Input(String name, byte[] bytes, int offset, int end, long base) {
    this.name = name;
    this.base = base;
    this.bytes = bytes;
    this.values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.at = offset;
    this.end = end;
  }

  int offset() {
    return at;
  }

  int remaining() {
    return end - at;
  }

  /** An input for the next {@code length} bytes, which this one then is past. */
  Input slice(int length) {
    need(length);
    Input part = new Input(name, bytes, at, at + length, base);
    at += length;
    return part;
  }

  int u8() {
    need(1);
    return bytes[at++] & 0xff;
  }

  int i32() {
    need(4);
    at += 4;
    return values.getInt(at - 4);
  }

  long u32() {
    return i32() & 0xffff_ffffL;
  }

  long i64() {
    need(8);
    at += 8;
    return values.getLong(at - 8);
  }

  /** A u64 of which this format uses the lower 63 bits. */
  long u63(String what) {
    long value = i64();
    if (value < 0) {
      throw corruptAt(at - 8, what + " is " + Long.toUnsignedString(value) + ", above 2^63");
    }
    return value;
  }

  /** A u32 that must lie in a range. */
  int i32Between(int min, int max, String what) {
    long value = u32();
    if (value < min || value > max) {
      throw corruptAt(
          at - 4, what + " is " + value + ", expected a value from " + min + " to " + max);
    }
    return (int) value;
  }

  /** A number of elements of at least {@code elementLength} bytes, which must all be there. */
  int count(int elementLength, String what) {
    long value = u32();
    if (value * elementLength > remaining()) {
      throw corruptAt(
          at - 4,
          value + " " + what + " do not fit into the " + remaining() + " bytes that follow");
    }
    return (int) value;
  }

  byte[] bytes(int length) {
    need(length);
    byte[] copy = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return copy;
  }

  Digest digest() {
    return Digest.of(bytes(Digest.LENGTH));
  }

  LogPosition position(String what) {
    long seq = u63(what);
    return new LogPosition(seq, digest());
  }

  BlockHash blockHash() {
    need(BlockHash.LENGTH);
    long high = Long.reverseBytes(i64());
    return new BlockHash(high, Long.reverseBytes(i64()));
  }

  UUID uuid() {
    long high = Long.reverseBytes(i64());
    return new UUID(high, Long.reverseBytes(i64()));
  }

  DatabaseIdentity identity() {
    int blockSize =
        i32Between(DatabaseIdentity.MIN_BLOCK_SIZE, DatabaseIdentity.MAX_BLOCK_SIZE, "block size");
    return new DatabaseIdentity(
        HexFormat.of().formatHex(bytes(16)),
        u63("storage version"),
        blockSize,
        u63("iteration"),
        u63("block count"));
  }

  void expect(byte[] magic, String what) {
    int from = at;
    byte[] found = bytes(magic.length);
    if (!Arrays.equals(found, magic)) {
      throw corruptAt(
          from,
          "expected " + what + " to begin with " + new String(magic, StandardCharsets.US_ASCII));
    }
  }

  /** A format version. Version 0 was free to change, so objects of it mean nothing any more. */
  void expectVersion(int known) {
    int from = at;
    int version = i32();
    if (version == 0) {
      throw new UnknownFormatException(
          name
              + " at offset "
              + (base + from)
              + ": format version 0, written by a pre-release of haduck and readable by that only,"
              + " expected version "
              + known
              + "; begin a new replica, under another name or after deleting this one");
    }
    if (version != known) {
      throw unknown(
          from,
          "format version " + Integer.toUnsignedString(version) + ", expected version " + known);
    }
  }

  void expectEnd(String what) {
    if (remaining() != 0) {
      throw corruptAt(at, remaining() + " bytes are left over after " + what);
    }
  }

  CorruptDataException corrupt(String problem) {
    return corruptAt(at, problem);
  }

  CorruptDataException corruptAt(int offset, String problem) {
    return corruptAt(offset, problem, null);
  }

  CorruptDataException corruptAt(int offset, String problem, @Nullable Throwable cause) {
    return new CorruptDataException(
        name
            + " at offset "
            + (base + offset)
            + ": "
            + problem
            + "; the object is damaged or not haduck's: "
            + WHAT_TO_DO,
        cause);
  }

  UnknownFormatException unknown(int offset, String problem) {
    return new UnknownFormatException(
        name + " at offset " + (base + offset) + ": " + problem + "; a newer haduck may know it");
  }

  private void need(int length) {
    if (length < 0 || length > end - at) {
      throw corruptAt(at, "expected " + length + " more bytes, found " + (end - at));
    }
  }

  /** The error for an object that ends before its head does. */
  static CorruptDataException endsInHead(String key, int length, int headLength) {
    return new CorruptDataException(
        key
            + " ends at offset "
            + length
            + ", within its head of "
            + headLength
            + " bytes; the object is damaged: "
            + WHAT_TO_DO);
  }
}
