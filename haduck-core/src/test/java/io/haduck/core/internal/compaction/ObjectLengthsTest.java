package io.haduck.core.internal.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How long objects are, in few requests. */
class ObjectLengthsTest {
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, 1);
  private final ObjectLengths lengths = new ObjectLengths(store);

  @Test
  void any_areFound_inAtMostOneRequestForEach_orPage() {
    long seed = Long.getLong("haduck.seed", System.nanoTime());
    System.out.println("lengths with -Dhaduck.seed=" + seed);
    var random = new Random(seed);
    for (int seq = 1; seq <= 300; seq++) {
      put(LogKeys.changeset(seq), random);
      if (random.nextInt(3) == 0) {
        put(LogKeys.segment(seq, new UUID(random.nextLong(), 1), random.nextInt(3)), random);
      }
    }
    put("snapshot/other", random);
    List<String> all =
        memory.objects.keySet().stream().filter(key -> !key.startsWith("snap")).toList();
    for (int round = 0; round < 200; round++) {
      String context = "seed " + seed + ", round " + round;
      var asked = new TreeSet<String>();
      for (int i = random.nextInt(30); i > 0; i--) {
        asked.add(all.get(random.nextInt(all.size())));
      }
      Map<String, Long> expected = new HashMap<>();
      asked.forEach(key -> expected.put(key, (long) memory.objects.get(key).length));
      String gone = LogKeys.changeset(301 + random.nextInt(3));
      if (random.nextBoolean()) {
        asked.add(gone);
      }
      long before = store.calls(Operation.LIST);
      assertThat(lengths.of(asked)).as(context).isEqualTo(expected);
      assertThat(store.calls(Operation.LIST) - before)
          .as(context)
          .isLessThanOrEqualTo(asked.size());
      before = store.calls(Operation.LIST);
      assertThat(lengths.of(expected.keySet())).as(context).isEqualTo(expected);
      assertThat(store.calls(Operation.LIST)).as("%s: they are known", context).isEqualTo(before);
    }
    long before = store.calls(Operation.LIST);
    assertThat(lengths.of(all)).hasSize(all.size());
    assertThat(store.calls(Operation.LIST) - before)
        .as("pages of five")
        .isLessThanOrEqualTo(all.size() / 5 + 30);
  }

  private void put(String key, Random random) {
    memory.objects.put(key, new byte[random.nextInt(100)]);
  }
}
