package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChangesetCodecTest {
  private final Seed seed = new Seed(ChangesetCodecTest.class);

  @Test
  void encode_thenDecode_yieldsTheSameChangeset() {
    Set<ChangesetKind> seen = EnumSet.noneOf(ChangesetKind.class);
    for (int round = 0; round < 20; round++) {
      History history = new History(seed.random);
      for (int i = 0; i < 15; i++) {
        EncodedChangeset encoded = history.next();
        seen.add(encoded.changeset().kind());
        byte[] bytes = encoded.body().toByteArray();
        DecodedChangeset decoded = ChangesetCodec.decodeObject(encoded.key(), bytes);
        assertThat(decoded).isEqualTo(encoded.decoded());
        byte[] head = Arrays.copyOf(bytes, encoded.headLength());
        assertThat(ChangesetCodec.decode(encoded.key(), head)).isEqualTo(decoded);
        assertThat(ChangesetCodec.headLength(encoded.key(), Arrays.copyOf(bytes, 16)))
            .isEqualTo(encoded.headLength());
        assertThat(decoded.objectLength()).isEqualTo(bytes.length);
      }
    }
    assertThat(seen).containsExactlyInAnyOrder(ChangesetKind.values());
  }

  @Test
  void decodeObject_withAnyByteFlipped_findsIt() {
    for (EncodedChangeset encoded : smallOnes()) {
      byte[] bytes = encoded.body().toByteArray();
      for (int i = 0; i < bytes.length; i++) {
        byte before = bytes[i];
        bytes[i] ^= (byte) (1 + seed.random.nextInt(255));
        try {
          DecodedChangeset decoded = ChangesetCodec.decodeObject(encoded.key(), bytes);
          fail("byte %d of %s was not missed, haduck.seed=%d", i, decoded, seed.value);
        } catch (CorruptDataException e) {
          assertThat(e).hasMessageContaining(encoded.key());
        }
        bytes[i] = before;
      }
    }
  }

  @Test
  void decode_withAnyByteOfTheHeadFlipped_findsItWithoutTheInlineData() {
    for (EncodedChangeset encoded : smallOnes()) {
      byte[] head = Arrays.copyOf(encoded.body().toByteArray(), encoded.headLength());
      for (int i = 0; i < head.length; i++) {
        head[i] ^= 0x10;
        assertThatThrownBy(() -> ChangesetCodec.decode(encoded.key(), head))
            .isInstanceOf(CorruptDataException.class);
        head[i] ^= 0x10;
      }
    }
  }

  @Test
  void decodeObject_cutOrExtendedAnywhere_isRefused() {
    for (EncodedChangeset encoded : smallOnes()) {
      byte[] bytes = encoded.body().toByteArray();
      for (int length = 0; length < bytes.length + 9; length++) {
        byte[] other = Arrays.copyOf(bytes, length);
        if (length != bytes.length) {
          assertThatThrownBy(() -> ChangesetCodec.decodeObject(encoded.key(), other))
              .isInstanceOf(CorruptDataException.class)
              .hasMessageContaining(encoded.key());
        }
      }
    }
  }

  @Test
  void decode_underAnotherKey_isRefused() {
    byte[] bytes = new History(seed.random).next().body().toByteArray();
    assertThatThrownBy(() -> ChangesetCodec.decode(LogKeys.changeset(2), bytes))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("log/00000000000000000002.changeset at offset 24")
        .hasMessageContaining("seq is 1");
  }

  @Test
  void decode_ofUnknownVersionKindOrSection_saysSo() {
    EncodedChangeset encoded = smallOnes().get(2);
    assertThatThrownBy(() -> decodeWith(encoded, 8, 2))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("offset 8: format version 2, expected version 1");
    assertThatThrownBy(() -> decodeWith(encoded, 8, 0))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("offset 8: format version 0, written by a pre-release")
        .hasMessageContaining("begin a new replica");
    assertThatThrownBy(() -> decodeWith(encoded, 152, 5))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("offset 152: kind 5");
    assertThatThrownBy(() -> decodeWith(encoded, 232, 99))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("offset 232: section 99");
  }

  @Test
  void decode_ofRepeatedOrDescendingSections_isRefused() {
    EncodedChangeset encoded = smallOnes().get(1);
    byte[] head = Arrays.copyOf(encoded.body().toByteArray(), encoded.headLength());
    int second = 232 + 8 + HeaderBytes.LENGTH;
    for (int type : new int[] {0, 1}) {
      byte[] other = head.clone();
      ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putInt(second, type);
      seal(other, other.length);
      assertThatThrownBy(() -> ChangesetCodec.decode(encoded.key(), other))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("section " + type + " follows section 1");
    }
  }

  @Test
  void decode_ofManyIdsInFewBytes_takesNoTimeAndMemory() {
    // Runs say "all 2^32 ids" in a few bytes; only a count that the records bear out is believed.
    Output out = new Output();
    out.i32(-1).i32(8 + 65_536 / 8 + 65_536 * 4);
    out.bytes(new byte[400_000]);
    byte[] bytes = out.toByteArray();
    Input in = new Input("object", bytes, 0, bytes.length);
    assertThatThrownBy(() -> BlockIds.decode(in, Integer.MAX_VALUE, 32, "ids"))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("4294967295 ids");
  }

  /** A BASE, a CHECKPOINT, a WAL and an EPOCH of a few hundred bytes besides the headers. */
  private List<EncodedChangeset> smallOnes() {
    History history = new History(seed.random);
    return List.of(history.base(0), history.checkpoint(1, 0), history.wal(), history.epoch());
  }

  private static DecodedChangeset decodeWith(EncodedChangeset encoded, int offset, int value) {
    byte[] head = Arrays.copyOf(encoded.body().toByteArray(), encoded.headLength());
    ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    seal(head, head.length);
    return ChangesetCodec.decode(encoded.key(), head);
  }

  /** Makes the head's digest that of its bytes. */
  private static void seal(byte[] head, int length) {
    byte[] digest = Digest.sha256(head, 0, length - Digest.LENGTH).bytes();
    System.arraycopy(digest, 0, head, length - Digest.LENGTH, Digest.LENGTH);
  }
}
