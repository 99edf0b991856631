package io.haduck.core.internal.log;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256, or another value of 32 bytes such as the rolling checksum of a block index.
 *
 * @param a bytes 0–7, the first one in the highest bits; so on for the others
 */
public record Digest(long a, long b, long c, long d) {
  /** In bytes. */
  public static final int LENGTH = 32;

  /** The parent of the first changeset, and the checksum of an empty index. */
  public static final Digest ZERO = new Digest(0, 0, 0, 0);

  /** Never updated, only cloned. */
  private static final MessageDigest UNUSED = lookedUp();

  /** The value that these 32 bytes hold. */
  public static Digest of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a digest has 32 bytes, not " + bytes.length);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Digest(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /** Parses 64 hexadecimal digits. */
  public static Digest ofHex(String hex) {
    return of(HexFormat.of().parseHex(hex));
  }

  /** The SHA-256 of these bytes. */
  public static Digest sha256(byte[] bytes) {
    return sha256(bytes, 0, bytes.length);
  }

  /** The SHA-256 of a part of an array. */
  public static Digest sha256(byte[] bytes, int offset, int length) {
    MessageDigest sha256 = newSha256();
    sha256.update(bytes, offset, length);
    return of(sha256.digest());
  }

  /** A new computation of a SHA-256: looking for who computes it takes longer than a short one. */
  static MessageDigest newSha256() {
    try {
      return (MessageDigest) UNUSED.clone();
    } catch (CloneNotSupportedException e) {
      return lookedUp();
    }
  }

  private static MessageDigest lookedUp() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The 32 bytes, in a new array. */
  public byte[] bytes() {
    return ByteBuffer.allocate(LENGTH).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  /** 64 hexadecimal digits, lower case. */
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  /** As {@link #hex()}. */
  @Override
  public String toString() {
    return hex();
  }
}
