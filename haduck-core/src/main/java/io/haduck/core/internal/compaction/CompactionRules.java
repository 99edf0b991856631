package io.haduck.core.internal.compaction;

import java.util.function.BooleanSupplier;

/**
 * When to compact, and how much at a time.
 *
 * @param wanted asked before each round, by the writer's thread: whether there is anybody who will
 *     delete what becomes garbage
 * @param mostBytes of live bytes that are moved by one changeset
 * @param leastGarbage so many bytes of garbage are not worth their requests, in bytes
 */
public record CompactionRules(BooleanSupplier wanted, long mostBytes, long leastGarbage) {
  /** As the docs say, but never: nobody deletes anything. */
  public static final CompactionRules NEVER =
      new CompactionRules(() -> false, CompactionPlan.MOST_BYTES, 4L << 20);

  /** Checks the bounds. */
  public CompactionRules {
    if (mostBytes < 1 || mostBytes > CompactionPlan.MOST_BYTES || leastGarbage < 0) {
      throw new IllegalArgumentException(
          "compaction of at most " + mostBytes + " bytes, from " + leastGarbage + " on");
    }
  }

  /** The same, asking somebody else. */
  public CompactionRules when(BooleanSupplier isWanted) {
    return new CompactionRules(isWanted, mostBytes, leastGarbage);
  }
}
