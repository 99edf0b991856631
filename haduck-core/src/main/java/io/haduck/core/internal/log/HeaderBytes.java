package io.haduck.core.internal.log;

import java.util.Arrays;

/** The first 12,288 bytes of a database file, verbatim: main header and both database headers. */
public final class HeaderBytes {
  /** In bytes. */
  public static final int LENGTH = 12288;

  private final byte[] bytes;

  private HeaderBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Copies the headers out of an array that begins with them. */
  public static HeaderBytes of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("headers have 12288 bytes, not " + bytes.length);
    }
    return new HeaderBytes(bytes.clone());
  }

  /** The bytes, in a new array. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Their SHA-256. */
  public Digest sha256() {
    return Digest.sha256(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeaderBytes that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "headers " + sha256();
  }
}
