package io.haduck.core.internal.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.compaction.CompactionPlan.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is emptied, and that it comes to an end. */
class CompactionPlanTest {
  private static final int ROUNDS = Integer.getInteger("haduck.plans", 20_000);

  @Test
  void aThirdOfGarbage_isLeftAlone() {
    assertThat(plan(held("a", 150, 100), held("b", 1500, 1000)).keys()).isEmpty();
  }

  @Test
  void theWorst_areEmptiedFirst_andNoMoreThanNeeded() {
    CompactionPlan plan =
        plan(held("a", 10_000, 5_000), held("b", 10_000, 100), held("c", 10_000, 9_000));
    assertThat(plan.keys()).containsExactly("b");
    assertThat(plan.total()).isEqualTo(30_000);
    assertThat(plan.needed()).isEqualTo(14_100);
    assertThat(plan.after()).isEqualTo(20_100);
    assertThat(plan.moved()).isEqualTo(100);
  }

  @Test
  void anObjectThatMustStay_isNotEmptied() {
    assertThat(plan(new Held("wal", 10_000, 10, false), held("a", 1000, 900)).keys()).isEmpty();
  }

  @Test
  void littleGarbage_isNotWorthIt() {
    List<Held> objects = List.of(held("a", 10_000, 100));
    assertThat(CompactionPlan.of(objects, 1 << 20, 9_901).keys()).isEmpty();
    assertThat(CompactionPlan.of(objects, 1 << 20, 9_900).keys()).containsExactly("a");
  }

  @Test
  void aLargeObject_isEmptiedAlone() {
    List<Held> objects = List.of(held("a", 10_000, 1_000), held("b", 10_000, 1_001));
    assertThat(CompactionPlan.of(objects, 10, 0).keys()).containsExactly("a");
    long tooMuch = CompactionPlan.MOST_BYTES + 1;
    assertThat(CompactionPlan.of(List.of(held("a", 3 * tooMuch, tooMuch)), 10, 0).keys()).isEmpty();
  }

  /** Objects as long as they can be: no number overflows. */
  @Test
  void theLongestObjects_areCompared() {
    long longest = 0xffff_ffffL;
    assertThat(plan(held("a", longest, 64 << 20), held("b", longest, (64 << 20) - 1)).keys())
        .containsExactly("b");
  }

  @Test
  void anyObjects_areEmptiedUntilAtMostAThirdIsGarbage() {
    long seed = Long.getLong("haduck.seed", System.nanoTime());
    System.out.println("plans with -Dhaduck.seed=" + seed);
    var random = new Random(seed);
    int emptied = 0;
    for (int round = 0; round < ROUNDS; round++) {
      emptied += emptyAll(random, "seed " + seed + ", round " + round);
    }
    assertThat(emptied).isGreaterThan(ROUNDS);
  }

  private static int emptyAll(Random random, String context) {
    Map<String, Held> objects = new HashMap<>();
    long unit = 1L << random.nextInt(25);
    int count = random.nextInt(40);
    for (int i = 0; i < count; i++) {
      long length = 1 + (long) (random.nextDouble() * unit) + 120;
      long live = 1 + (long) (Math.pow(random.nextDouble(), random.nextInt(4)) * (length - 1));
      put(objects, new Held("o" + i, length, live, random.nextInt(6) > 0));
    }
    long most = 1 + (long) (random.nextDouble() * CompactionPlan.MOST_BYTES);
    int emptied = 0;
    for (int step = 0; ; step++) {
      assertThat(step).as(context).isLessThanOrEqualTo(count);
      List<Held> before = new ArrayList<>(objects.values());
      CompactionPlan plan = CompactionPlan.of(before, most, 0);
      if (plan.keys().isEmpty()) {
        assertEnd(before, context);
        return emptied;
      }
      assertThat(plan.keys()).as(context).doesNotHaveDuplicates();
      assertThat(plan.moved()).as(context).isLessThanOrEqualTo(CompactionPlan.MOST_BYTES);
      if (plan.keys().size() > 1) {
        assertThat(plan.moved()).as(context).isLessThanOrEqualTo(most);
      }
      long moved = 0;
      for (String key : plan.keys()) {
        Held object = objects.remove(key);
        assertThat(object).as(context).isNotNull();
        assertThat(object.movable()).as(context).isTrue();
        moved += object.live();
        long alone = object.live() + CompactionPlan.SEGMENT_OVERHEAD;
        assertThat(alone).as("%s: %s is made better", context, key).isLessThan(object.length());
        emptied++;
      }
      assertThat(moved).as(context).isEqualTo(plan.moved());
      put(objects, new Held("s" + step, moved + CompactionPlan.SEGMENT_OVERHEAD, moved, true));
      assertThat(total(objects)).as(context).isLessThan(plan.total());
      assertThat(total(objects))
          .as(context)
          .isEqualTo(plan.after() + CompactionPlan.SEGMENT_OVERHEAD);
    }
  }

  /** Whatever can be moved is at most half as long again, and the rest is to blame. */
  private static void assertEnd(List<Held> objects, String context) {
    long length = 0;
    long live = 0;
    long overhead = 0;
    for (Held object : objects) {
      if (object.movable() && object.live() <= CompactionPlan.MOST_BYTES) {
        length += object.length();
        live += object.live();
        overhead += CompactionPlan.SEGMENT_OVERHEAD;
      }
    }
    long total = objects.stream().mapToLong(Held::length).sum();
    long needed = objects.stream().mapToLong(Held::live).sum();
    boolean well = 2 * total <= 3 * needed;
    assertThat(well || 2 * (length - overhead) <= 3 * live).as(context).isTrue();
    if (objects.stream().allMatch(Held::movable)) {
      assertThat(2 * (total - overhead)).as(context).isLessThanOrEqualTo(3 * needed);
    }
  }

  private static long total(Map<String, Held> objects) {
    return objects.values().stream().mapToLong(Held::length).sum();
  }

  private static void put(Map<String, Held> objects, Held object) {
    objects.put(object.key(), object);
  }

  private static Held held(String key, long length, long live) {
    return new Held(key, length, live, true);
  }

  private static CompactionPlan plan(Held... objects) {
    return CompactionPlan.of(List.of(objects), CompactionPlan.MOST_BYTES, 0);
  }
}
