package io.haduck.core.internal.log;

import io.haduck.core.UnsupportedDatabaseException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.roaringbitmap.RoaringBitmap;

/** A growing array of little-endian values: the other side of {@link Input}. */
final class Output {
  /** What a Java array can hold on every JVM. */
  private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

  private ByteBuffer buffer;

  Output() {
    this(1024);
  }

  /** With room for so many bytes at first. */
  Output(int capacity) {
    buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  int length() {
    return buffer.position();
  }

  Output u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  Output i32(int value) {
    room(4).putInt(value);
    return this;
  }

  Output i64(long value) {
    room(8).putLong(value);
    return this;
  }

  Output bytes(byte[] bytes) {
    room(bytes.length).put(bytes);
    return this;
  }

  Output digest(Digest digest) {
    return bytes(digest.bytes());
  }

  Output blockHash(BlockHash hash) {
    return i64(Long.reverseBytes(hash.high())).i64(Long.reverseBytes(hash.low()));
  }

  Output position(LogPosition position) {
    return i64(position.seq()).digest(position.digest());
  }

  Output uuid(UUID uuid) {
    return i64(Long.reverseBytes(uuid.getMostSignificantBits()))
        .i64(Long.reverseBytes(uuid.getLeastSignificantBits()));
  }

  Output identity(DatabaseIdentity identity) {
    return i32(identity.blockSize())
        .bytes(HexFormat.of().parseHex(identity.identifier()))
        .i64(identity.storageVersion())
        .i64(identity.iteration())
        .i64(identity.blockCount());
  }

  /**
   * Ids in Roaring's portable format: u32 cardinality, u32 length, bytes. The same ids are always
   * the same bytes: the set is built anew, since whether a container is one of runs where an array
   * is as short depends on how it came to be.
   */
  Output ids(RoaringBitmap ids) {
    RoaringBitmap compact = new RoaringBitmap();
    ids.forEach((int id) -> compact.add(id));
    compact.runOptimize();
    int length = compact.serializedSizeInBytes();
    i32(compact.getCardinality()).i32(length);
    // RoaringBitmap advances the position of a little-endian buffer past what it wrote.
    compact.serialize(room(length));
    return this;
  }

  /** Sets a u32 that was left open before. */
  void i32At(int offset, int value) {
    buffer.putInt(offset, value);
  }

  /** The SHA-256 of all bytes so far. */
  Digest sha256() {
    return Digest.sha256(buffer.array(), 0, buffer.position());
  }

  byte[] toByteArray() {
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private ByteBuffer room(int length) {
    if (buffer.remaining() < length) {
      long needed = (long) buffer.position() + length;
      if (needed > MAX_LENGTH) {
        throw new UnsupportedDatabaseException(
            "the block index of this database takes more than 2 GiB; use a larger block size");
      }
      int capacity = (int) Math.min(MAX_LENGTH, Math.max(needed, 2L * buffer.capacity()));
      ByteBuffer larger = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
      larger.put(buffer.flip());
      buffer = larger;
    }
    return buffer;
  }
}
