package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.StoredObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Reads an object from its front, part by part, and hashes it on the way. No more memory is taken
 * than there are bytes. For one thread.
 */
final class SnapshotInput {
  private final String key;
  private final Source source;
  private final long end;
  private final MessageDigest sha256 = Digest.newSha256();
  private long at;

  /** Yields the next bytes, all that are asked for, or throws. */
  private interface Source {
    void read(byte[] target, int offset, int count);
  }

  private SnapshotInput(String key, long length, Source source) {
    this.key = key;
    this.source = source;
    this.end = Math.max(length - Digest.LENGTH, 0);
  }

  static SnapshotInput of(String key, byte[] bytes) {
    return new SnapshotInput(key, bytes.length, ByteBuffer.wrap(bytes)::get);
  }

  static SnapshotInput of(String key, StoredObject object) {
    return new SnapshotInput(key, object.length(), object::readFully);
  }

  /** Of the whole object, in bytes. */
  long length() {
    return end + Digest.LENGTH;
  }

  /** How many bytes are left before the trailer. */
  long remaining() {
    return end - at;
  }

  /** The next bytes. */
  Input next(long count) {
    long from = at;
    return new Input(key, bytes(new byte[0], count), from);
  }

  /** Bytes that were read, and the next ones behind them. */
  byte[] bytes(byte[] before, long count) {
    if (count < 0 || count > remaining() || before.length + count > Integer.MAX_VALUE - 8) {
      throw here("expected " + count + " more bytes, found " + remaining() + " and the trailer");
    }
    byte[] bytes = new byte[before.length + (int) count];
    System.arraycopy(before, 0, bytes, 0, before.length);
    source.read(bytes, before.length, (int) count);
    sha256.update(bytes, before.length, (int) count);
    at += count;
    return bytes;
  }

  /**
   * Reads ids, as {@link Output#ids} writes them.
   *
   * @param bound all ids are below it
   * @param most how many there may be
   * @param elementLength how many bytes each costs further on
   */
  RoaringBitmap ids(long bound, long most, int elementLength, String what) {
    long from = at;
    byte[] lengths = bytes(new byte[0], 8);
    ByteBuffer values = ByteBuffer.wrap(lengths).order(ByteOrder.LITTLE_ENDIAN);
    long cardinality = Integer.toUnsignedLong(values.getInt(0));
    long length = Integer.toUnsignedLong(values.getInt(4));
    if (cardinality > most || cardinality * elementLength > remaining() - length) {
      at = from;
      throw here(
          cardinality
              + " "
              + what
              + ", expected at most "
              + most
              + ", and as many as fit into the bytes that follow");
    }
    Input in = new Input(key, bytes(lengths, length), from);
    RoaringBitmap ids = BlockIds.decode(in, bound, 0, what);
    in.expectEnd(what);
    return ids;
  }

  /** Reads the trailer, which must be all that is left, and compares it with what was read. */
  void expectTrailer() {
    if (remaining() != 0) {
      throw here(remaining() + " bytes are left over");
    }
    Digest found = Digest.of(sha256.digest());
    byte[] bytes = new byte[Digest.LENGTH];
    source.read(bytes, 0, bytes.length);
    Digest trailer = Digest.of(bytes);
    if (!found.equals(trailer)) {
      throw here("expected the SHA-256 of the object " + found + ", found " + trailer);
    }
  }

  CorruptDataException here(String problem) {
    return here(problem, null);
  }

  CorruptDataException here(String problem, @Nullable Throwable cause) {
    return new Input(key, new byte[0], at).corruptAt(0, problem, cause);
  }
}
