package io.haduck.core.verify;

import java.util.OptionalLong;

/**
 * Something that {@link Verifier} found wrong in a replica.
 *
 * @param key of the object that is wrong, or missing; relative to the replica
 * @param offset in the object, in bytes: the fault lies at or after it; empty if the object is
 *     missing, or wrong as a whole
 * @param length of the range from the offset on in which the fault lies, in bytes; 0 if unknown
 * @param seq that is hit: of the changeset or snapshot, or of the changeset that needs the object;
 *     for a segment that no changeset lists, of its key
 * @param what is wrong: expected and found
 * @param whatToDo the next step
 */
public record Finding(
    String key, OptionalLong offset, long length, long seq, String what, String whatToDo) {
  /** A finding about the object as a whole. */
  static Finding of(String key, long seq, String what, String whatToDo) {
    return new Finding(key, OptionalLong.empty(), 0, seq, what, whatToDo);
  }

  /** Returns whether a byte of the object lies in the range. */
  public boolean covers(long position) {
    return offset.isPresent()
        && position >= offset.getAsLong()
        && position < offset.getAsLong() + Math.max(length, 1);
  }

  /** Returns one line. */
  @Override
  public String toString() {
    String where = "";
    if (offset.isPresent()) {
      where =
          length > 0
              ? ", bytes " + offset.getAsLong() + " to " + (offset.getAsLong() + length - 1)
              : ", at byte " + offset.getAsLong();
    }
    return key + where + " (seq " + seq + "): " + what + ". " + whatToDo;
  }
}
