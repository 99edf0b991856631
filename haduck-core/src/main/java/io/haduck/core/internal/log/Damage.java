package io.haduck.core.internal.log;

/**
 * What is wrong with the bytes of one object, and where.
 *
 * @param offset where the range begins in which the fault lies; in a truncated object its end
 * @param length of that range, in bytes
 * @param what is wrong, without the key
 */
public record Damage(long offset, long length, String what) {
  /** A range between two offsets. */
  static Damage between(long from, long to, String what) {
    return new Damage(from, Math.max(to - from, 0), what);
  }

  /** An object that has not the length that it should have. */
  static Damage wrongLength(long found, long expected) {
    return between(
        Math.min(found, expected),
        Math.max(found, expected),
        "the object has " + found + " bytes, expected " + expected);
  }
}
