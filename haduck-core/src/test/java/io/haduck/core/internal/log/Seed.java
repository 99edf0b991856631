package io.haduck.core.internal.log;

import java.util.Random;
import org.slf4j.LoggerFactory;

/** Seeded randomness for a test. The seed is logged; {@code -Dhaduck.seed=…} repeats a run. */
final class Seed {
  private static final long[] NASTY = {
    0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 31, 1L << 32, 1L << 62, 255
  };

  final long value;
  final Random random;

  Seed(Class<?> test) {
    value = Long.getLong("haduck.seed", System.nanoTime());
    random = new Random(value);
    LoggerFactory.getLogger(test).info("haduck.seed={}", value);
  }

  /** Damages 1 to 4 places in a range. */
  void damage(byte[] bytes, int from, int to) {
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = from + random.nextInt(to - from);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> put(bytes, at, to, NASTY[random.nextInt(NASTY.length)]);
        default -> put(bytes, at, to, random.nextLong() >>> random.nextInt(64));
      }
    }
  }

  /** Little-endian, 4 or 8 bytes, as many as there is room for. */
  private void put(byte[] bytes, int at, int to, long value) {
    int aligned = at & ~3;
    int length = Math.min(random.nextBoolean() ? 4 : 8, to - aligned);
    for (int i = 0; i < length; i++) {
      bytes[aligned + i] = (byte) (value >>> (8 * i));
    }
  }
}
