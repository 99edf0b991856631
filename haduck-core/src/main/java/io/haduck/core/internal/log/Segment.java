package io.haduck.core.internal.log;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.UUID;

/**
 * The format of a segment: a header, stored bytes one after the other, and the SHA-256 of all that.
 * See docs/internals/format.md.
 */
public final class Segment {
  /** In bytes; stored bytes begin here. */
  public static final int HEADER_LENGTH = ObjectLayout.SEGMENT_HEADER_LENGTH;

  /** A segment is closed before it grows beyond this, in bytes. */
  public static final int TARGET_LENGTH = 32 << 20;

  static final int FORMAT_VERSION = 1;
  static final byte[] MAGIC = "HDKSEGMT".getBytes(StandardCharsets.US_ASCII);

  private Segment() {}

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
