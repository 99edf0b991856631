package io.haduck.core.internal.log;

import java.util.UUID;

/**
 * A segment that a changeset points at.
 *
 * @param seq for which it was written; the changeset that points at it has this seq or a later one
 * @param nonce of the writer
 * @param number distinguishes the segments of one seq and nonce; not negative
 * @param length of the whole object, in bytes; below 2^32
 * @param sha256 of all bytes before the trailer, which repeats it
 */
public record SegmentRef(long seq, UUID nonce, int number, long length, Digest sha256) {
  /** Checks each value for itself. */
  public SegmentRef {
    if (seq < 1 || number < 0) {
      throw new IllegalArgumentException("segment " + number + " of seq " + seq);
    }
    if (length < ObjectLayout.SEGMENT_HEADER_LENGTH + Digest.LENGTH || length > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "segment " + number + " of seq " + seq + " has length " + length);
    }
  }

  /** Its key in the store. */
  public String key() {
    return LogKeys.segment(seq, nonce, number);
  }
}
