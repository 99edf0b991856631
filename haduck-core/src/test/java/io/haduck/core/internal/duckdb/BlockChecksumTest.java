package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class BlockChecksumTest {

  @Test
  void of_anyLengthAndOffset_isDuckDbsFormula() {
    Random random = new Random(7);
    byte[] bytes = new byte[4200];
    random.nextBytes(bytes);
    for (int length = 0; length <= 100; length++) {
      int offset = random.nextInt(64);
      assertThat(BlockChecksum.of(bytes, offset, length)).isEqualTo(formula(bytes, offset, length));
    }
    assertThat(BlockChecksum.of(bytes, 3, 4088)).isEqualTo(formula(bytes, 3, 4088));
  }

  @Test
  void of_rangeOutsideTheArray_isRefused() {
    assertThatThrownBy(() -> BlockChecksum.of(new byte[8], 4, 5))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void holds_afterOneFlippedBit_isFalse() {
    byte[] block = new byte[16384];
    new Random(8).nextBytes(block);
    Mutations.seal(block, 0, block.length);
    assertThat(BlockChecksum.holds(block, 0, block.length)).isTrue();
    for (int at : new int[] {0, 8, 31, 32, 8191, 16383}) {
      block[at] ^= 0x10;
      assertThat(BlockChecksum.holds(block, 0, block.length)).isFalse();
      block[at] ^= 0x10;
    }
  }

  @Test
  void holds_wordsInAnotherOrder_isStillTrue() {
    byte[] block = new byte[4096];
    new Random(9).nextBytes(block);
    Mutations.seal(block, 0, block.length);
    byte[] word = new byte[8];
    System.arraycopy(block, 8, word, 0, 8);
    System.arraycopy(block, 800, block, 8, 8);
    System.arraycopy(word, 0, block, 800, 8);
    assertThat(BlockChecksum.holds(block, 0, block.length)).isTrue();
  }

  private static long formula(byte[] bytes, int offset, int length) {
    long checksum = 5381;
    int at = 0;
    for (; at + 8 <= length; at += 8) {
      checksum ^= littleEndian(bytes, offset + at, 8) * 0xbf58476d1ce4e5b9L;
    }
    int left = length - at;
    if (left > 0) {
      long m = 0xc6a4a7935bd1e995L;
      long hash = 0xe17a1465L ^ (left * m);
      hash = (hash ^ littleEndian(bytes, offset + at, left)) * m;
      hash = (hash ^ (hash >>> 47)) * m;
      checksum ^= hash ^ (hash >>> 47);
    }
    return checksum;
  }

  private static long littleEndian(byte[] bytes, int offset, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes[offset + i] & 0xff);
    }
    return value;
  }
}
