package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.Arrays;
import java.util.UUID;

/**
 * Reads a segment as docs/internals/format.md says it is written, independently of {@link
 * SegmentCheck}.
 */
final class WholeSegment {
  private WholeSegment() {}

  /**
   * Checks a whole segment: each flipped, missing or added byte is found.
   *
   * @param ref what the changeset says of it
   * @param bytes all of the object
   * @throws CorruptDataException if they are not what {@code ref} says
   */
  static void verify(SegmentRef ref, UUID lineage, byte[] bytes) {
    verifyHeader(ref, lineage, bytes);
    if (bytes.length != ref.length()) {
      throw new CorruptDataException(
          ref.key()
              + " has "
              + bytes.length
              + " bytes, expected "
              + ref.length()
              + "; the object is damaged: "
              + Input.WHAT_TO_DO);
    }
    int end = bytes.length - Digest.LENGTH;
    Digest found = Digest.sha256(bytes, 0, end);
    Digest trailer = Digest.of(Arrays.copyOfRange(bytes, end, bytes.length));
    if (!found.equals(ref.sha256()) || !trailer.equals(ref.sha256())) {
      throw new CorruptDataException(
          ref.key()
              + " at offset "
              + end
              + ": expected SHA-256 "
              + ref.sha256()
              + ", computed "
              + found
              + ", trailer "
              + trailer
              + "; the object is damaged: "
              + Input.WHAT_TO_DO);
    }
  }

  /**
   * Checks the header of a segment.
   *
   * @param ref what the changeset says of it
   * @param bytes its first bytes, {@link Segment#HEADER_LENGTH} or more
   * @throws CorruptDataException if they are not those of that segment
   */
  static void verifyHeader(SegmentRef ref, UUID lineage, byte[] bytes) {
    Input in = new Input(ref.key(), bytes, 0, bytes.length);
    in.expect(Segment.MAGIC, "a segment");
    in.expectVersion(Segment.FORMAT_VERSION);
    int number = in.i32();
    long seq = in.i64();
    UUID nonce = in.uuid();
    if (number != ref.number()
        || seq != ref.seq()
        || !nonce.equals(ref.nonce())
        || !in.uuid().equals(lineage)) {
      throw in.corruptAt(12, "the header is that of another segment");
    }
  }
}
