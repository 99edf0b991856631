package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SnapshotCodecTest {
  private final Seed seed = new Seed(SnapshotCodecTest.class);

  @Test
  void encode_thenDecode_yieldsTheSameSnapshot() {
    for (int round = 0; round < 30; round++) {
      LogState state = randomState();
      Snapshot snapshot = state.snapshot();
      byte[] bytes = SnapshotCodec.encode(snapshot).toByteArray();
      Snapshot decoded = SnapshotCodec.decode(snapshot.key(), bytes);

      assertThat(decoded).usingRecursiveComparison().ignoringFields("index").isEqualTo(snapshot);
      BlockIndex index = decoded.index();
      assertThat(index.ids()).isEqualTo(state.index().ids());
      assertThat(index.state()).isEqualTo(state.index().state());
      index
          .ids()
          .forEach(
              (int id) -> {
                assertThat(index.hash(id)).isEqualTo(state.index().hash(id));
                assertThat(index.locate(id)).isEqualTo(state.index().locate(id));
                assertThat(index.checksumInvalid(id)).isEqualTo(state.index().checksumInvalid(id));
              });
      assertThat(SnapshotCodec.estimateLength(state)).isGreaterThanOrEqualTo(bytes.length);
    }
  }

  @Test
  void of_stateAfterWalOrEpoch_isRefused() {
    History history = new History(seed.random);
    history.base(3);
    history.wal();
    assertThatThrownBy(() -> history.head().snapshot()).hasMessageContaining("WAL");
    history.epoch();
    assertThatThrownBy(() -> history.head().snapshot()).hasMessageContaining("EPOCH");
  }

  @Test
  void decode_withAnyByteFlippedOrMissing_findsIt() {
    History history = new History(seed.random);
    history.base(3);
    Snapshot snapshot = history.head().snapshot();
    byte[] bytes = SnapshotCodec.encode(snapshot).toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      byte before = bytes[i];
      bytes[i] ^= (byte) (1 + seed.random.nextInt(255));
      assertThatThrownBy(() -> SnapshotCodec.decode(snapshot.key(), bytes))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining(snapshot.key());
      bytes[i] = before;
      byte[] cut = Arrays.copyOf(bytes, i);
      assertThatThrownBy(() -> SnapshotCodec.decode(snapshot.key(), cut))
          .isInstanceOf(CorruptDataException.class);
    }
    assertThatThrownBy(() -> SnapshotCodec.decode(LogKeys.snapshot(9), bytes))
        .hasMessageContaining("seq is 1, not that of the key");
  }

  @Test
  void decode_ofAnotherVersion_saysWhatToDo() {
    Snapshot snapshot = randomState().snapshot();
    byte[] bytes = SnapshotCodec.encode(snapshot).toByteArray();
    bytes[8] = 0;
    assertThatThrownBy(() -> SnapshotCodec.decode(snapshot.key(), bytes))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining(snapshot.key())
        .hasMessageContaining("format version 0, written by a pre-release");
    bytes[8] = 2;
    assertThatThrownBy(() -> SnapshotCodec.decode(snapshot.key(), bytes))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("format version 2");
  }

  /** After a BASE or CHECKPOINT with something in it. */
  private LogState randomState() {
    History history = new History(seed.random);
    int length = seed.random.nextInt(10);
    for (int i = 0; i <= length; i++) {
      history.next();
    }
    history.checkpoint(3, 1);
    return history.head();
  }
}
