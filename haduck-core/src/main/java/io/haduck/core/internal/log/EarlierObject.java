package io.haduck.core.internal.log;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An object that was written for an earlier changeset, and that a changeset points into once more:
 * the inline data of a changeset, or a segment. Its length and hash are not repeated; what is taken
 * from it is proven by its own checksums.
 *
 * @param seq of the changeset, or for which the segment was written
 * @param nonce of the segment's writer; null for a changeset
 * @param number of the segment; 0 for a changeset
 */
record EarlierObject(long seq, @Nullable UUID nonce, int number) {
  /** Checks each value for itself. */
  public EarlierObject {
    if (seq < 1 || number < 0 || (nonce == null && number != 0)) {
      throw new IllegalArgumentException(
          "object of seq " + seq + " with nonce " + nonce + " and number " + number);
    }
  }

  /** A changeset, whose inline data is pointed into. */
  public static EarlierObject changeset(long seq) {
    return new EarlierObject(seq, null, 0);
  }

  /** A segment. */
  public static EarlierObject segment(long seq, UUID nonce, int number) {
    return new EarlierObject(seq, nonce, number);
  }

  /**
   * The object of a key.
   *
   * @throws IllegalArgumentException if it is not the key of a changeset or segment
   */
  public static EarlierObject ofKey(String key) {
    return parse(key)
        .orElseThrow(
            () ->
                new IllegalArgumentException("'" + key + "' is no key of a changeset or segment"));
  }

  /** What a changeset's or segment's key names; empty if the key is not exactly one. */
  static Optional<EarlierObject> parse(String key) {
    OptionalLong seq = LogKeys.changesetSeq(key);
    return seq.isPresent()
        ? Optional.of(changeset(seq.getAsLong()))
        : LogKeys.segment(key).map(it -> segment(it.seq(), it.nonce(), it.number()));
  }

  /** Its key in the store. */
  public String key() {
    return nonce == null ? LogKeys.changeset(seq) : LogKeys.segment(seq, nonce, number);
  }

  /** Where data can begin in such an object at the earliest, in bytes. */
  long dataBegin() {
    return nonce == null
        ? ObjectLayout.MIN_CHANGESET_HEAD_LENGTH
        : ObjectLayout.SEGMENT_HEADER_LENGTH;
  }
}
