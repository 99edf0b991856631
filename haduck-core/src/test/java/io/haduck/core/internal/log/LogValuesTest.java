package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogValuesTest {
  private static final String SHA_OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void digest_ofKnownText_isItsSha256() {
    Digest digest = Digest.sha256("abc".getBytes(StandardCharsets.US_ASCII));
    assertThat(digest.hex()).isEqualTo(SHA_OF_ABC);
    assertThat(Digest.of(digest.bytes())).isEqualTo(digest).isEqualTo(Digest.ofHex(SHA_OF_ABC));
  }

  @Test
  void blockHash_isTheFirstHalfOfTheSha256() {
    byte[] bytes = "xabcx".getBytes(StandardCharsets.US_ASCII);
    assertThat(BlockHash.of(bytes, 1, 3)).hasToString(SHA_OF_ABC.substring(0, 32));
    assertThat(BlockHash.of(Arrays.copyOfRange(bytes, 1, 4))).isEqualTo(BlockHash.of(bytes, 1, 3));
  }

  @Test
  void position_withSeqOrDigestAlone_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new LogPosition(1, Digest.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LogPosition(0, Digest.ofHex(SHA_OF_ABC)));
  }

  @Test
  void keys_haveTwentyDigitsAndParseBack() {
    UUID nonce = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    assertThat(LogKeys.changeset(17)).isEqualTo("log/00000000000000000017.changeset");
    assertThat(LogKeys.snapshot(17)).isEqualTo("snapshot/00000000000000000017.snapshot");
    assertThat(LogKeys.segment(17, nonce, 3))
        .isEqualTo("segment/00000000000000000017-01234567-89ab-cdef-0123-456789abcdef-3.segment");
    assertThat(LogKeys.changesetSeq(LogKeys.changeset(Long.MAX_VALUE))).hasValue(Long.MAX_VALUE);
    assertThat(LogKeys.snapshotSeq(LogKeys.snapshot(5))).hasValue(5);
    assertThat(LogKeys.segmentSeq(LogKeys.segment(17, nonce, 3))).hasValue(17);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "log/",
        "log/00000000000000000000.changeset",
        "log/0000000000000000001.changeset",
        "log/000000000000000000001.changeset",
        "log/+0000000000000000001.changeset",
        "log/0000000000000000000١.changeset",
        "log/09223372036854775808.changeset",
        "log/99999999999999999999.changeset",
        "log/00000000000000000001.changeset~",
        "snapshot/00000000000000000001.changeset",
        "segment/00000000000000000001-01234567-89AB-cdef-0123-456789abcdef-0.segment",
        "segment/00000000000000000001-01234567-89ab-cdef-0123-456789abcdef-00.segment",
        "segment/00000000000000000001-01234567-89ab-cdef-0123-456789abcdef-2147483648.segment",
        "segment/00000000000000000001-01234567-89ab-cdef-0123-456789abcdef-.segment"
      })
  void keys_thatAreNotExactlyOurs_areRefused(String key) {
    assertThat(LogKeys.changesetSeq(key)).isEmpty();
    assertThat(LogKeys.snapshotSeq(key)).isEmpty();
    assertThat(LogKeys.segmentSeq(key)).isEmpty();
  }
}
