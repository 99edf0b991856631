package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectBody;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The last of many keys is found by few requests, whatever is missing. */
class NumberedKeysTest {
  private static final ObjectBody SOMETHING = ObjectBody.of(new byte[] {1});

  private final Seed seed = new Seed(NumberedKeysTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final TreeSet<Long> there = new TreeSet<>();

  private void put(long seq) {
    memory.objects.put(LogKeys.changeset(seq), new byte[] {1});
    there.add(seq);
  }

  private static long seq(Optional<LogEntry> entry) {
    return entry.map(LogEntry::seq).orElse(0L);
  }

  private void assertAll(long after, long upTo) {
    Long last =
        upTo <= after
            ? null
            : there.subSet(after, false, upTo, true).descendingSet().stream()
                .findFirst()
                .orElse(null);
    assertThat(seq(NumberedKeys.CHANGESETS.last(store, after, upTo)))
        .as("the last one in (%s, %s]", after, upTo)
        .isEqualTo(last == null ? 0L : last);
    Long first = there.higher(after);
    assertThat(seq(NumberedKeys.CHANGESETS.first(store, after)))
        .isEqualTo(first == null ? 0L : first);
  }

  @Test
  void firstAndLast_amongRandomKeys_areThose() {
    for (int round = 0; round < 60; round++) {
      memory.objects.clear();
      there.clear();
      long seq = 0;
      int keys = seed.random.nextInt(4) * seed.random.nextInt(1500);
      for (int i = 0; i < keys; i++) {
        boolean jump = seed.random.nextInt(300) == 0;
        seq += jump ? 1 + seed.random.nextInt(100_000) : 1;
        put(seq);
      }
      if (seed.random.nextBoolean()) {
        put(seq + 1 + seed.random.nextLong(Long.MAX_VALUE / 2));
      }
      assertAll(0, Long.MAX_VALUE);
      for (int i = 0; i < 20; i++) {
        long after = seed.random.nextLong(seq + 2000);
        assertAll(after, Long.MAX_VALUE);
        assertAll(after, seed.random.nextLong(seq + 2000));
      }
    }
  }

  @Test
  void last_amongOthersObjects_isHaducks() {
    for (int i = 0; i < 2500; i++) {
      memory.put("log/" + i + ".not-ours", SOMETHING);
      memory.put("log/zz" + i, SOMETHING);
    }
    assertAll(0, Long.MAX_VALUE);
    for (long seq = 1; seq <= 2100; seq++) {
      put(seq);
    }
    memory.put("log/00000000000000002099.changeset-in-part", SOMETHING);
    assertAll(0, Long.MAX_VALUE);
    assertAll(2100, Long.MAX_VALUE);
    assertAll(5, 2099);
  }

  @Test
  void last_ofHundredThousand_takesFewRequests() {
    memory.page = 1000;
    for (long seq = 1; seq <= 100_000; seq++) {
      put(seq);
    }
    long before = store.calls(Operation.LIST);
    assertThat(seq(NumberedKeys.CHANGESETS.last(store, 0, Long.MAX_VALUE))).isEqualTo(100_000);
    assertThat(store.calls(Operation.LIST) - before).isLessThan(20);
    before = store.calls(Operation.LIST);
    assertThat(seq(NumberedKeys.CHANGESETS.last(store, 99_500, Long.MAX_VALUE))).isEqualTo(100_000);
    assertThat(store.calls(Operation.LIST) - before).isEqualTo(1);
  }
}
