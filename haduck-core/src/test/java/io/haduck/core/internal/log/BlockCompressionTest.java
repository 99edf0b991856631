package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCompressionTest {
  private static final int[] LENGTHS = {0, 1, 100, 16 << 10, 256 << 10, 4 << 20};

  private final BlockCompression compression = new BlockCompression();

  @AfterEach
  void close() {
    compression.close();
  }

  private static byte[] noise(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  /** Half of it repeats itself. */
  private static byte[] text(int length) {
    byte[] bytes = noise(length);
    for (int at = 8; at < length; at++) {
      if (at / 64 % 2 == 0) {
        bytes[at] = bytes[at - 8];
      }
    }
    return bytes;
  }

  private byte[] read(StoredBytes stored, int length) {
    assertThat(stored.crc32c()).isEqualTo(StoredBytes.crc32cOf(stored.bytes(), 0, stored.length()));
    if (!stored.compressed()) {
      return stored.bytes();
    }
    byte[] raw = new byte[length];
    compression.decompress(stored.bytes(), 0, stored.length(), raw, 0, length);
    return raw;
  }

  @ParameterizedTest
  @ValueSource(ints = {BlockCompression.RAW, -50, -7, -5, -1, 1, 3, 19})
  void compress_atAnyLevel_isReadAsItWas(int level) {
    for (int length : LENGTHS) {
      for (byte[] raw : new byte[][] {noise(length), text(length), new byte[length]}) {
        byte[] around = new byte[length + 10];
        System.arraycopy(raw, 0, around, 5, length);
        StoredBytes stored = compression.compress(around, 5, length, level);
        assertThat(read(stored, length)).isEqualTo(raw);
        assertThat(stored.length() < length).isEqualTo(stored.compressed());
        if (level == BlockCompression.RAW) {
          assertThat(stored.compressed()).isFalse();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-5, 1, 3})
  void compress_whatCannotBecomeShorter_isRaw_andWhatCan_isNot(int level) {
    assertThat(compression.compress(noise(256 << 10), 0, 256 << 10, level).compressed()).isFalse();
    assertThat(compression.compress(text(256 << 10), 0, 256 << 10, level).compressed()).isTrue();
  }

  @Test
  void compress_ofOneArrayAgainAndAgain_keepsNothingOfItsInput() {
    byte[] raw = text(256 << 10);
    StoredBytes first = compression.compress(raw, 0, raw.length, 1);
    StoredBytes asItIs = compression.compress(raw, 0, raw.length, BlockCompression.RAW);
    byte[] was = raw.clone();
    Arrays.fill(raw, (byte) 1);
    compression.compress(raw, 0, raw.length, 1);
    assertThat(read(first, raw.length)).isEqualTo(was);
    assertThat(read(asItIs, raw.length)).isEqualTo(was);
  }
}
