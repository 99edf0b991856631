package io.haduck.core.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The first 16 bytes of the SHA-256 of a block's raw bytes.
 *
 * @param high bytes 0–7, the first one in the highest bits
 * @param low bytes 8–15
 */
public record BlockHash(long high, long low) {
  /** In bytes. */
  public static final int LENGTH = 16;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final ThreadLocal<Hasher> HASHERS = ThreadLocal.withInitial(Hasher::new);

  /** Hashes a block; fast, for any thread. */
  public static BlockHash of(byte[] bytes, int offset, int length) {
    return HASHERS.get().hash(bytes, offset, length);
  }

  /** Hashes a block; fast, for any thread. */
  public static BlockHash of(byte[] bytes) {
    return of(bytes, 0, bytes.length);
  }

  /** 32 hexadecimal digits, lower case. */
  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }

  /** One thread's SHA-256, without an allocation per block but the result. */
  private static final class Hasher {
    private final MessageDigest sha256 = Digest.newSha256();
    private final byte[] result = new byte[Digest.LENGTH];

    BlockHash hash(byte[] bytes, int offset, int length) {
      sha256.update(bytes, offset, length);
      try {
        sha256.digest(result, 0, result.length);
      } catch (DigestException e) {
        throw new IllegalStateException("a SHA-256 fits into 32 bytes", e);
      }
      return new BlockHash((long) LONGS.get(result, 0), (long) LONGS.get(result, 8));
    }
  }
}
