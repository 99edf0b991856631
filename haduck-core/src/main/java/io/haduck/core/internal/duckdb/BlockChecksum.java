package io.haduck.core.internal.duckdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * DuckDB's checksum ({@code src/common/checksum.cpp}) of blocks, headers and WAL entries.
 *
 * <p>It is blind to the order of 8-byte words: it finds a torn block, it never proves that two
 * blocks are equal. Thread-safe: no state.
 */
public final class BlockChecksum {
  /** Bytes that the stored checksum takes at the start of a block or header. */
  static final int BYTES = 8;

  /** The checksum of no bytes, from which {@link #addWords} goes on. */
  static final long EMPTY = 5381;

  private static final long WORD_FACTOR = 0xbf58476d1ce4e5b9L;
  private static final long TAIL_FACTOR = 0xc6a4a7935bd1e995L;
  private static final long TAIL_SEED = 0xe17a1465L;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private BlockChecksum() {}

  /**
   * The checksum of {@code length} bytes from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException if the range is not within {@code bytes}
   */
  public static long of(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int words = length & ~7;
    long checksum = addWords(EMPTY, bytes, offset, words);
    return addTail(checksum, bytes, offset + words, length - words);
  }

  /**
   * Whether a whole block or header holds: its first 8 bytes are the checksum of the rest.
   *
   * @param length bytes of the block, checksum included, at least 8
   * @throws IndexOutOfBoundsException if the range is not within {@code bytes}
   */
  public static boolean holds(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    long stored = (long) LONGS.get(bytes, offset);
    return stored == of(bytes, offset + BYTES, length - BYTES);
  }

  /** Adds whole words to a checksum; {@code length} is a multiple of 8. */
  static long addWords(long checksum, byte[] bytes, int offset, int length) {
    // four independent chains keep the multiplier busy
    long a = checksum;
    long b = 0;
    long c = 0;
    long d = 0;
    int at = offset;
    int end = offset + length;
    for (; at <= end - 32; at += 32) {
      a ^= (long) LONGS.get(bytes, at) * WORD_FACTOR;
      b ^= (long) LONGS.get(bytes, at + 8) * WORD_FACTOR;
      c ^= (long) LONGS.get(bytes, at + 16) * WORD_FACTOR;
      d ^= (long) LONGS.get(bytes, at + 24) * WORD_FACTOR;
    }
    for (; at < end; at += 8) {
      a ^= (long) LONGS.get(bytes, at) * WORD_FACTOR;
    }
    return a ^ b ^ c ^ d;
  }

  /** Adds the last 0 to 7 bytes to a checksum. */
  static long addTail(long checksum, byte[] bytes, int offset, int length) {
    if (length == 0) {
      return checksum;
    }
    long tail = 0;
    for (int i = 0; i < length; i++) {
      tail |= (bytes[offset + i] & 0xffL) << (8 * i);
    }
    long hash = TAIL_SEED ^ (length * TAIL_FACTOR);
    hash ^= tail;
    hash *= TAIL_FACTOR;
    hash ^= hash >>> 47;
    hash *= TAIL_FACTOR;
    hash ^= hash >>> 47;
    return checksum ^ hash;
  }
}
