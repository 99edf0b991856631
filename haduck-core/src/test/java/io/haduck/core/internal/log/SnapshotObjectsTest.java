package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the front of a snapshot says of the objects that its state needs. */
class SnapshotObjectsTest {
  private final Seed seed = new Seed(SnapshotObjectsTest.class);

  @Test
  void read_ofTheFrontAlone_tellsTheBytesOfEachObject() {
    int withWal = 0;
    for (int round = 0; round < 30; round++) {
      History history = new History(seed.random);
      for (int i = 0; i < 25; i++) {
        history.next();
        LogState state = history.head();
        Snapshot snapshot = state.snapshot();
        byte[] bytes = SnapshotCodec.encode(snapshot).toByteArray();
        byte[] prefix = Arrays.copyOf(bytes, SnapshotObjects.PREFIX_LENGTH);
        int length = SnapshotObjects.headLength(snapshot.key(), prefix);
        SnapshotObjects found = SnapshotObjects.read(snapshot.key(), Arrays.copyOf(bytes, length));
        assertThat(found.objects()).isEqualTo(expected(state));
        assertThat(found.position()).isEqualTo(state.position());
        assertThat(found.kind()).isEqualTo(state.kind());
        assertThat(found.anchor()).isEqualTo(state.anchor());
        assertThat(found.length()).isEqualTo(bytes.length);
        withWal += state.wal().runs().isEmpty() ? 0 : 1;
      }
    }
    assertThat(withWal).isPositive();
  }

  /** Each byte by itself. */
  private static List<LiveObject> expected(LogState state) {
    TreeMap<String, BitSet> bytes = new TreeMap<>();
    state.index().ids().forEach((int id) -> set(bytes, state.index().locate(id)));
    state.wal().runs().forEach(run -> set(bytes, run.slice()));
    return bytes.entrySet().stream()
        .map(object -> new LiveObject(object.getKey(), object.getValue().cardinality()))
        .toList();
  }

  private static void set(Map<String, BitSet> bytes, ObjectSlice slice) {
    bytes
        .computeIfAbsent(slice.objectKey(), key -> new BitSet())
        .set((int) slice.offset(), (int) slice.end());
  }

  @Test
  void of_partsThatOverlap_countsEachByteOnce() {
    for (int round = 0; round < 500; round++) {
      BlockIndex index = new BlockIndex();
      List<WalRun> runs = new ArrayList<>();
      TreeMap<String, BitSet> bytes = new TreeMap<>();
      for (int i = 0; i < 12; i++) {
        String key = LogKeys.changeset(1 + seed.random.nextInt(3));
        int length = 1 + seed.random.nextInt(60);
        ObjectSlice slice = new ObjectSlice(key, 264 + seed.random.nextInt(200), length, 0, false);
        if (seed.random.nextBoolean()) {
          index.put(
              seed.random.nextInt(50), new BlockHash(1, i), key, (int) slice.offset(), length, 0);
        } else {
          runs.add(
              WalRun.whole(slice, new SliceContent.Wal(0, length, Digest.sha256(new byte[i]))));
        }
      }
      index.ids().forEach((int id) -> set(bytes, index.locate(id)));
      runs.forEach(run -> set(bytes, run.slice()));
      assertThat(LiveObjects.of(index, runs).all())
          .isEqualTo(
              bytes.entrySet().stream()
                  .map(object -> new LiveObject(object.getKey(), object.getValue().cardinality()))
                  .toList());
    }
  }

  @Test
  void read_withAnyByteFlippedOrMissing_findsIt() {
    History history = new History(seed.random);
    history.base(6);
    for (int i = 0; i < 6; i++) {
      history.wal();
    }
    Snapshot snapshot = history.head().snapshot();
    String key = snapshot.key();
    byte[] whole = SnapshotCodec.encode(snapshot).toByteArray();
    byte[] front = Arrays.copyOf(whole, SnapshotObjects.headLength(key, whole));
    for (int i = 0; i < front.length; i++) {
      byte[] flipped = front.clone();
      flipped[i] ^= (byte) (1 + seed.random.nextInt(255));
      assertThatThrownBy(() -> SnapshotObjects.read(key, flipped))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining(key);
      byte[] cut = Arrays.copyOf(front, i);
      assertThatThrownBy(() -> SnapshotObjects.read(key, cut))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining(key);
    }
    // What lies behind does not count.
    whole[front.length] ^= 1;
    assertThat(SnapshotObjects.read(key, whole)).isEqualTo(SnapshotObjects.read(key, front));
    assertThatThrownBy(() -> SnapshotObjects.read(LogKeys.snapshot(99), front))
        .hasMessageContaining("not that of the key");
    front[8] = 2;
    assertThatThrownBy(() -> SnapshotObjects.read(key, front))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("format version 2");
  }
}
