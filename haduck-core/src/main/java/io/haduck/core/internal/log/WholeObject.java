package io.haduck.core.internal.log;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All bytes of an object, read to be checked. Of one that is too long to be kept, what its closing
 * SHA-256 needs.
 */
public final class WholeObject {
  private static final int CHUNK = 1 << 20;

  private final long length;
  private final byte @Nullable [] bytes;
  private final Digest sha256;
  private final Digest trailer;

  private WholeObject(long length, byte @Nullable [] bytes, Digest sha256, Digest trailer) {
    this.length = length;
    this.bytes = bytes;
    this.sha256 = sha256;
    this.trailer = trailer;
  }

  /** An object in memory. */
  public static WholeObject of(byte[] bytes) {
    int end = Math.max(bytes.length - Digest.LENGTH, 0);
    return bytes.length < Digest.LENGTH
        ? new WholeObject(bytes.length, bytes, Digest.sha256(bytes), Digest.ZERO)
        : new WholeObject(
            bytes.length,
            bytes,
            Digest.sha256(bytes, 0, end),
            Digest.of(Arrays.copyOfRange(bytes, end, bytes.length)));
  }

  /**
   * Reads an object to its end.
   *
   * @param longestKept up to this length its bytes are kept
   * @throws UnavailableException if the stream breaks or ends early
   */
  public static WholeObject read(StoredObject object, int longestKept) {
    if (object.length() <= Math.max(longestKept, Digest.LENGTH)) {
      return of(object.readAll());
    }
    MessageDigest sha256 = Digest.newSha256();
    byte[] chunk = new byte[CHUNK];
    long left = object.length() - Digest.LENGTH;
    try {
      while (left > 0) {
        int length = (int) Math.min(left, chunk.length);
        expect(object, length, object.content().readNBytes(chunk, 0, length));
        sha256.update(chunk, 0, length);
        left -= length;
      }
      byte[] trailer = object.content().readNBytes(Digest.LENGTH);
      expect(object, Digest.LENGTH, trailer.length);
      return new WholeObject(object.length(), null, Digest.of(sha256.digest()), Digest.of(trailer));
    } catch (IOException e) {
      throw new UnavailableException(
          "reading " + object.name() + " broke off: " + e.getMessage(), e);
    }
  }

  private static void expect(StoredObject object, int expected, int found) {
    if (found != expected) {
      throw new UnavailableException("reading " + object.name() + " ended early");
    }
  }

  /** In bytes. */
  public long length() {
    return length;
  }

  /** All bytes, not to be changed; null if there are too many. */
  public byte @Nullable [] bytes() {
    return bytes;
  }

  /** Of all bytes but the last 32; of all if there are fewer. */
  public Digest sha256() {
    return sha256;
  }

  /** The last 32 bytes; {@link Digest#ZERO} if there are fewer. */
  public Digest trailer() {
    return trailer;
  }

  /** Whether the last 32 bytes are the SHA-256 of those before. */
  public boolean trailerHolds() {
    return length >= Digest.LENGTH && sha256.equals(trailer);
  }

  /** The length without the closing SHA-256, in bytes; 0 if there is none. */
  public long contentLength() {
    return Math.max(length - Digest.LENGTH, 0);
  }
}
