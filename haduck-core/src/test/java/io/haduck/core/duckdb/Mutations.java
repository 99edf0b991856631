package io.haduck.core.duckdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.slf4j.LoggerFactory;

/** Seeded damage to bytes. The seed is logged; {@code -Dhaduck.seed=…} repeats a run. */
final class Mutations {
  private static final long[] NASTY = {
    0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 32, 1L << 56, 1L << 62, 255
  };

  final long seed;
  final Random random;

  Mutations(Class<?> test) {
    seed = Long.getLong("haduck.seed", System.nanoTime());
    random = new Random(seed);
    LoggerFactory.getLogger(test).info("haduck.seed={}", seed);
  }

  /** Damages 1 to 4 places in a range of the array. */
  void damage(byte[] bytes, int from, int length) {
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = from + random.nextInt(length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> putLong(bytes, at, from + length, NASTY[random.nextInt(NASTY.length)]);
        default -> putLong(bytes, at, from + length, random.nextLong() >>> random.nextInt(64));
      }
    }
  }

  private static void putLong(byte[] bytes, int at, int end, long value) {
    int aligned = at & ~7;
    if (aligned + 8 <= end) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(aligned, value);
    }
  }

  /** Stores the checksum that a block or header with these bytes has. */
  static void seal(byte[] bytes, int offset, int length) {
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(offset, BlockChecksum.of(bytes, offset + 8, length - 8));
  }
}
