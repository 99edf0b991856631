package io.haduck.core.internal.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;

/**
 * A checksum of a set of (block id, hash) that can be maintained one change at a time: the sum
 * modulo 2^256 of SHA-256(id as u64 LE · the 16 bytes of the hash), each read as a little-endian
 * number. Not thread-safe.
 */
final class RollingChecksum {
  private static final VarHandle LITTLE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BIG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final MessageDigest sha256 = Digest.newSha256();
  private final byte[] message = new byte[8 + BlockHash.LENGTH];
  private final byte[] term = new byte[Digest.LENGTH];
  private final long[] sum = new long[Digest.LENGTH / 8]; // the lowest word first

  RollingChecksum copy() {
    RollingChecksum copy = new RollingChecksum();
    System.arraycopy(sum, 0, copy.sum, 0, sum.length);
    return copy;
  }

  void add(int blockId, long hashHigh, long hashLow) {
    computeTerm(blockId, hashHigh, hashLow);
    long carry = 0;
    for (int i = 0; i < sum.length; i++) {
      long word = (long) LITTLE.get(term, 8 * i);
      long partial = sum[i] + word;
      long total = partial + carry;
      carry =
          Long.compareUnsigned(partial, word) < 0 || Long.compareUnsigned(total, partial) < 0
              ? 1
              : 0;
      sum[i] = total;
    }
  }

  void remove(int blockId, long hashHigh, long hashLow) {
    computeTerm(blockId, hashHigh, hashLow);
    long borrow = 0;
    for (int i = 0; i < sum.length; i++) {
      long word = (long) LITTLE.get(term, 8 * i);
      long partial = sum[i] - word;
      long total = partial - borrow;
      borrow =
          Long.compareUnsigned(sum[i], word) < 0 || Long.compareUnsigned(partial, borrow) < 0
              ? 1
              : 0;
      sum[i] = total;
    }
  }

  Digest value() {
    return new Digest(
        Long.reverseBytes(sum[0]),
        Long.reverseBytes(sum[1]),
        Long.reverseBytes(sum[2]),
        Long.reverseBytes(sum[3]));
  }

  private void computeTerm(int blockId, long hashHigh, long hashLow) {
    LITTLE.set(message, 0, (long) blockId);
    BIG.set(message, 8, hashHigh);
    BIG.set(message, 16, hashLow);
    sha256.update(message);
    try {
      sha256.digest(term, 0, term.length);
    } catch (DigestException e) {
      throw new IllegalStateException("a SHA-256 fits into 32 bytes", e);
    }
  }
}
