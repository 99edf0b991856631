package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SegmentTest {
  private static final UUID LINEAGE = new UUID(1, 2);
  private static final UUID NONCE = new UUID(3, 4);

  private final BlockCompression compression = new BlockCompression();

  @Test
  void build_keepsPiecesUncopiedAtTheirOffsets() {
    StoredBytes first = compression.compress(new byte[1000], 0, 1000);
    StoredBytes second = compression.compress(new byte[] {1, 2, 3}, 0, 3);
    SegmentBuilder builder = new SegmentBuilder(LINEAGE, 7, NONCE, 2);
    assertThat(builder.isEmpty()).isTrue();
    assertThat(builder.add(first)).isEqualTo(Segment.HEADER_LENGTH);
    assertThat(builder.add(second)).isEqualTo(Segment.HEADER_LENGTH + first.length());
    long size = builder.size();
    var built = builder.build();

    assertThat(built.body().pieces()).hasSize(4);
    assertThat(built.body().pieces()).element(1).isSameAs(first.bytes());
    assertThat(built.ref().length()).isEqualTo(built.body().length()).isEqualTo(size + 32);
    assertThat(built.ref().key()).isEqualTo(LogKeys.segment(7, NONCE, 2));
    byte[] bytes = built.body().toByteArray();
    assertThat(Digest.sha256(bytes, 0, bytes.length - 32)).isEqualTo(built.ref().sha256());
    WholeSegment.verify(built.ref(), LINEAGE, bytes);
    WholeSegment.verifyHeader(built.ref(), LINEAGE, Arrays.copyOf(bytes, Segment.HEADER_LENGTH));
  }

  @Test
  void verify_withAnyByteFlipped_findsIt() {
    SegmentBuilder builder = new SegmentBuilder(LINEAGE, 7, NONCE, 2);
    builder.add(compression.compress(new byte[] {1, 2, 3}, 0, 3));
    var built = builder.build();
    byte[] bytes = built.body().toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 4;
      assertThatThrownBy(() -> WholeSegment.verify(built.ref(), LINEAGE, bytes))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining(built.ref().key());
      bytes[i] ^= 4;
    }
    assertThatThrownBy(() -> WholeSegment.verify(built.ref(), NONCE, bytes))
        .hasMessageContaining("another segment");
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> WholeSegment.verify(built.ref(), LINEAGE, cut))
          .isInstanceOf(CorruptDataException.class);
    }
  }

  @Test
  void verify_ofAnotherVersion_saysWhatToDo() {
    SegmentBuilder builder = new SegmentBuilder(LINEAGE, 7, NONCE, 2);
    builder.add(compression.compress(new byte[] {1, 2, 3}, 0, 3));
    var built = builder.build();
    byte[] bytes = built.body().toByteArray();
    bytes[8] = 0;
    assertThatThrownBy(() -> WholeSegment.verify(built.ref(), LINEAGE, bytes))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("format version 0, written by a pre-release");
    bytes[8] = 2;
    assertThatThrownBy(() -> WholeSegment.verify(built.ref(), LINEAGE, bytes))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("format version 2");
  }
}
