package io.haduck.core.internal.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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

  /**
   * Of the JDK's own class: one of ours, in a thread that lives on, would keep our class loader.
   */
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(Digest::newSha256);

  /** Hashes a block; fast, for any thread. */
  public static BlockHash of(byte[] bytes, int offset, int length) {
    MessageDigest sha256 = SHA_256.get();
    sha256.update(bytes, offset, length);
    byte[] hash = sha256.digest();
    return new BlockHash((long) LONGS.get(hash, 0), (long) LONGS.get(hash, 8));
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
}
