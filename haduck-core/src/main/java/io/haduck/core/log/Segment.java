package io.haduck.core.log;

import io.haduck.core.CorruptDataException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * The format of a segment: a header, stored bytes one after the other, and the SHA-256 of all that.
 * See docs/FORMAT.md.
 */
public final class Segment {
  /** In bytes; stored bytes begin here. */
  public static final int HEADER_LENGTH = 56;

  /** A segment is closed before it grows beyond this, in bytes. */
  public static final int TARGET_LENGTH = 32 << 20;

  static final int FORMAT_VERSION = 1;
  static final byte[] MAGIC = "HDKSEGMT".getBytes(StandardCharsets.US_ASCII);

  private Segment() {}

  /**
   * Checks a whole segment: each flipped, missing or added byte is found.
   *
   * @param ref what the changeset says of it
   * @param bytes all of the object
   * @throws CorruptDataException if they are not what {@code ref} says
   */
  public static void verify(SegmentRef ref, UUID lineage, byte[] bytes) {
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
   * @param bytes its first bytes, {@link #HEADER_LENGTH} or more
   * @throws CorruptDataException if they are not those of that segment
   */
  public static void verifyHeader(SegmentRef ref, UUID lineage, byte[] bytes) {
    Input in = new Input(ref.key(), bytes, 0, bytes.length);
    in.expect(MAGIC, "a segment");
    in.expectVersion(FORMAT_VERSION);
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

  static byte[] header(UUID lineage, long seq, UUID nonce, int number) {
    return new Output()
        .bytes(MAGIC)
        .i32(FORMAT_VERSION)
        .i32(number)
        .i64(seq)
        .uuid(nonce)
        .uuid(lineage)
        .toByteArray();
  }

  /** The trailer of an object that consists of these pieces. */
  static byte[] trailer(List<byte[]> pieces) {
    MessageDigest sha256 = Digest.newSha256();
    pieces.forEach(sha256::update);
    return sha256.digest();
  }
}
