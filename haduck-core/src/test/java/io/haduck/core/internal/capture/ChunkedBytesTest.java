package io.haduck.core.internal.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.store.ObjectBody;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkedBytesTest {
  private final ChunkedBytes chunks = new ChunkedBytes();
  private final ByteArrayOutputStream expected = new ByteArrayOutputStream();
  private final Random random = new Random(3);

  /** Appends bytes of an array that is changed afterwards. */
  private void append(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    expected.writeBytes(bytes);
    try (var compression = new BlockCompression()) {
      byte[] room = new byte[BlockCompression.roomFor(length)];
      StoredBytes stored = compression.compress(bytes, 0, length, BlockCompression.RAW, room);
      chunks.append(stored);
    }
    random.nextBytes(bytes);
  }

  private void assertAll() {
    List<byte[]> pieces = chunks.pieces();
    assertThat(chunks.length()).isEqualTo(expected.size());
    assertThat(ObjectBody.of(pieces).toByteArray()).isEqualTo(expected.toByteArray());
  }

  @Test
  void nothing_hasNoPieces() {
    assertThat(chunks.pieces()).isEmpty();
    assertThat(chunks.length()).isZero();
  }

  @Test
  void little_takesLittleRoom() {
    append(100);
    append(50);
    assertAll();
    assertThat(chunks.pieces()).hasSize(1);
  }

  @Test
  void whatIsAppended_isCopied_acrossChunks() {
    for (int length : new int[] {0, 1, 16 << 10, 3, 5 << 20, 256 << 10, 70_000}) {
      append(length);
    }
    assertAll();
  }

  @Test
  void aSegment_isAFewLargePieces() {
    for (int block = 0; block < 64; block++) {
      append(256 << 10);
    }
    assertAll();
    assertThat(chunks.pieces()).hasSizeLessThan(10);
  }
}
