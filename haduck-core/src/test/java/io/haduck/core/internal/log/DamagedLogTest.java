package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random histories of which keys are deleted, damaged, exchanged, or created by fenced writers, and
 * their snapshots too: what is read is the state that the writer had, or an error, and never
 * another state. {@code -Dhaduck.histories=1000} for more than a sample.
 */
@Timeout(3600) // as many as asked for
class DamagedLogTest {
  private static final int HISTORIES = Integer.getInteger("haduck.histories", 40);

  private final Seed seed = new Seed(DamagedLogTest.class);
  private int read;
  private int refused;

  @Test
  void load_ofEachSeq_yieldsTheWritersState_orAnError() {
    for (int i = 0; i < HISTORIES; i++) {
      new OneLog(new Random(seed.random.nextLong())).check();
    }
    System.out.println(HISTORIES + " histories: " + read + " states, " + refused + " not readable");
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  /** One history, and what became of it. */
  private final class OneLog {
    private final Random random;
    private final MemoryStore store = new MemoryStore();
    private final List<LogState> states = new ArrayList<>();
    private final List<History.Model> models = new ArrayList<>();
    private final Map<Long, LogState> strays = new HashMap<>();
    private final int length;

    OneLog(Random random) {
      this.random = random;
      store.page = 1 + random.nextInt(12);
      length = 5 + random.nextInt(50);
      History history = new History(random);
      for (int i = 0; i < length; i++) {
        EncodedChangeset next =
            i == 0 || random.nextInt(3) > 0 ? history.next() : history.selfContainedWal();
        history.commit(store, next);
        states.add(history.head().copy());
        models.add(history.model());
        if (random.nextInt(8) == 0) {
          snapshot(history.head());
        }
      }
      for (int i = random.nextInt(10); i > 0; i--) {
        harm();
      }
    }

    private long anySeq() {
      return 1L + random.nextInt(length);
    }

    private void snapshot(LogState state) {
      Snapshot snapshot = state.snapshot();
      store.put(snapshot.key(), SnapshotCodec.encode(snapshot));
    }

    private void harm() {
      switch (random.nextInt(7)) {
        case 0 -> delete(anySeq(), 1 + random.nextInt(10));
        case 1 -> delete(1, random.nextInt(length));
        case 2 -> store.objects.computeIfPresent(LogKeys.changeset(anySeq()), this::damaged);
        case 3 ->
            anySnapshot().ifPresent(key -> store.objects.computeIfPresent(key, this::damaged));
        case 4 -> anySnapshot().ifPresent(key -> store.deleteAll(List.of(key)));
        case 5 -> anySnapshot().ifPresent(this::copyTo);
        default -> stray();
      }
    }

    private void delete(long from, int count) {
      for (long seq = from; seq < from + count; seq++) {
        store.deleteAll(List.of(LogKeys.changeset(seq)));
        strays.remove(seq);
      }
    }

    private byte[] damaged(String key, byte[] bytes) {
      if (random.nextInt(3) == 0) {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      }
      byte[] flipped = bytes.clone();
      if (flipped.length > 0) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 + random.nextInt(255));
      }
      return flipped;
    }

    private Optional<String> anySnapshot() {
      List<String> keys = List.copyOf(store.objects.subMap("snapshot/", "snapshot0").keySet());
      return keys.isEmpty() ? Optional.empty() : Optional.of(keys.get(random.nextInt(keys.size())));
    }

    private void copyTo(String snapshot) {
      String key = LogKeys.snapshot(1L + random.nextInt(length + 3));
      store.put(key, ObjectBody.of(store.objects.get(snapshot)));
    }

    /** What a fenced writer creates late, at a key that was deleted or behind the log's end. */
    private void stray() {
      long seq = anySeq() + 1;
      if (store.objects.containsKey(LogKeys.changeset(seq))) {
        return;
      }
      int parent = (int) seq - 2;
      History fenced = new History(random, models.get(parent), states.get(parent).copy());
      fenced.commit(store, random.nextBoolean() ? fenced.epoch() : fenced.wal());
      strays.put(seq, fenced.head().copy());
      if (random.nextInt(3) == 0) {
        snapshot(fenced.head());
      }
    }

    void check() {
      int near = random.nextInt(3) == 0 ? 1000 : random.nextInt(8);
      LogLoader loader =
          new LogLoader(store, new ChangesetHeads(store), () -> ReadableStates.NONE, near);
      for (long seq = 1; seq <= length + 1; seq++) {
        long wanted = seq;
        load(() -> loader.load(wanted, LoadProgress.NONE))
            .ifPresent(found -> assertIs(found, wanted));
      }
      long last =
          NumberedKeys.CHANGESETS.last(store, 0, Long.MAX_VALUE).map(LogEntry::seq).orElse(0L);
      load(() -> loader.loadLatest(LoadProgress.NONE)).ifPresent(found -> assertIs(found, last));
    }

    private Optional<LogState> load(Supplier<Optional<LogState>> reading) {
      try {
        Optional<LogState> found = reading.get();
        if (found.isPresent()) {
          read++;
        }
        return found;
      } catch (CorruptDataException | MissingObjectException e) {
        refused++;
        return Optional.empty();
      }
    }

    private void assertIs(LogState found, long seq) {
      assertThat(found.position().seq()).isEqualTo(seq);
      LogState stray = strays.get(seq);
      boolean isStray = stray != null && found.position().equals(stray.position());
      SameState.assertSame(found, isStray ? stray : states.get((int) seq - 1));
    }
  }
}
