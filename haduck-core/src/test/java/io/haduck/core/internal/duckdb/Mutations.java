package io.haduck.core.internal.duckdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.slf4j.LoggerFactory;

/** Seeded randomness for a test. The seed is logged; {@code -Dhaduck.seed=…} repeats a run. */
final class Mutations {
  final long seed;
  final Random random;

  Mutations(Class<?> test) {
    seed = Long.getLong("haduck.seed", System.nanoTime());
    random = new Random(seed);
    LoggerFactory.getLogger(test).info("haduck.seed={}", seed);
  }

  /** Stores the checksum that a block or header with these bytes has. */
  static void seal(byte[] bytes, int offset, int length) {
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(offset, BlockChecksum.of(bytes, offset + 8, length - 8));
  }
}
