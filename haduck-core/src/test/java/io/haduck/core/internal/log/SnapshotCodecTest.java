package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.StoredObject;
import io.haduck.testing.internal.History;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.roaringbitmap.RoaringBitmap;

class SnapshotCodecTest {
  private final Seed seed = new Seed(SnapshotCodecTest.class);

  /** The order in which the ids came and went must not show in the bytes. */
  @Test
  void ids_areTheSameBytesHoweverTheyWereReached() {
    for (int round = 0; round < 2_000; round++) {
      RoaringBitmap added = new RoaringBitmap();
      RoaringBitmap removed = new RoaringBitmap();
      int first = seed.random.nextInt(100_000);
      removed.add((long) first, first + 1L + seed.random.nextInt(8));
      removed.runOptimize();
      for (int id = first; id < first + 10; id++) {
        if (removed.contains(id) && seed.random.nextInt(4) > 0) {
          added.add(id);
        } else {
          removed.remove(id);
        }
      }
      assertThat(added).isEqualTo(removed);
      assertThat(new Output().ids(added).toByteArray())
          .isEqualTo(new Output().ids(removed).toByteArray());
    }
  }

  @Test
  void estimate_isNotBelowTheTruth() {
    for (int round = 0; round < 30; round++) {
      History history = new History(seed.random);
      for (int i = 0; i < 20; i++) {
        history.next();
        assertThat(SnapshotCodec.estimateLength(history.head()))
            .isGreaterThanOrEqualTo(SnapshotCodec.encode(history.head().snapshot()).length());
      }
    }
  }

  @Test
  void encode_yieldsTheSameBytesEachTime_whileTheStateMovesOn() {
    History history = new History(seed.random);
    history.base(8);
    history.wal();
    Snapshot snapshot = history.head().snapshot();
    ObjectBody body = SnapshotCodec.encode(snapshot);
    byte[] first = body.toByteArray();
    assertThat(body.length()).isEqualTo(first.length);
    for (int i = 0; i < 30; i++) {
      history.next();
    }
    assertThat(body.openStream()).hasBinaryContent(first);
    assertThat(SnapshotCodec.decode(snapshot.key(), first).key()).isEqualTo(snapshot.key());
  }

  @ParameterizedTest
  @EnumSource(ChangesetKind.class)
  void decode_withAnyByteFlippedOrMissing_findsIt(ChangesetKind kind) {
    Snapshot snapshot = after(kind).snapshot();
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
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> SnapshotCodec.decode(snapshot.key(), longer))
        .isInstanceOf(CorruptDataException.class);
    assertThatThrownBy(() -> SnapshotCodec.decode(LogKeys.snapshot(99), bytes))
        .hasMessageContaining("not that of the key");
  }

  @Test
  void decode_whileTheObjectIsRead_yieldsTheSame_andTellsAStreamThatBreaksOff() {
    Snapshot snapshot = after(ChangesetKind.WAL).snapshot();
    byte[] bytes = SnapshotCodec.encode(snapshot).toByteArray();
    Snapshot decoded = SnapshotCodec.decode(snapshot.key(), stored(bytes, bytes.length));
    assertThat(SnapshotCodec.encode(decoded).toByteArray()).isEqualTo(bytes);
    assertThatThrownBy(
            () -> SnapshotCodec.decode(snapshot.key(), stored(bytes, bytes.length - 1 - 32)))
        .isInstanceOf(UnavailableException.class);
  }

  private static StoredObject stored(byte[] bytes, int there) {
    return new StoredObject(
        "store", new ByteArrayInputStream(bytes, 0, there), bytes.length, "e", Instant.EPOCH);
  }

  @Test
  void decode_ofAnotherVersion_saysWhatToDo() {
    Snapshot snapshot = after(ChangesetKind.CHECKPOINT).snapshot();
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

  /** With something in all parts. */
  private LogState after(ChangesetKind kind) {
    History history = new History(seed.random);
    history.base(4);
    switch (kind) {
      case BASE -> history.base(3);
      case CHECKPOINT -> history.checkpointWithWal();
      default -> {
        LogState head = history.head();
        while (head.changedSinceAnchor().isEmpty()
            || head.freedSinceAnchor().isEmpty()
            || head.walChangesetsSinceRollUp() == 0
            || head.rollUp().seq() == 0) {
          if (seed.random.nextInt(3) == 0) {
            history.selfContainedWal();
          } else {
            history.wal();
          }
        }
        if (kind == ChangesetKind.EPOCH) {
          history.epoch();
        }
      }
    }
    assertThat(history.head().kind()).isEqualTo(kind);
    return history.head();
  }
}
