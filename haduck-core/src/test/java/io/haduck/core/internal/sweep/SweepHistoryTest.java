package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.RetainedStates;
import io.haduck.core.internal.retention.Retention;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Random histories, swept at random moments by random policies. After each sweep every state that
 * exists is read and compared with what it was, and what is kept is compared with what the pure
 * plan says of the whole log, of which the sweep itself has looked at some only. More by {@code
 * -Dhaduck.histories=…}.
 */
final class SweepHistoryTest {
  private static final int ALL = 1_000_000;

  private final int histories = Integer.getInteger("haduck.histories", 40);
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  @Test
  void sweep_randomHistories_keepsWhatThePlanSays() {
    System.out.println("sweeps of -Dhaduck.seed=" + seed + " -Dhaduck.histories=" + histories);
    long deleted = 0;
    long sweeps = 0;
    for (int i = 0; i < histories; i++) {
      var one = new OneHistory(seed + i);
      one.run();
      deleted += one.log.deleted;
      sweeps += one.sweeps;
    }
    System.out.println(sweeps + " sweeps deleted " + deleted + " objects");
    assertThat(deleted).isGreaterThan(histories * 10L);
  }

  /** One of them. */
  private static final class OneHistory {
    private final String name;
    private final Random random;
    private final SweptLog log;
    private final Set<String> points = new TreeSet<>();
    private SweepOptions options;
    private int sweeps;

    OneHistory(long seed) {
      name = "-Dhaduck.seed=" + seed + " -Dhaduck.histories=1";
      random = new Random(seed);
      log = new SweptLog(random);
      options = options();
    }

    private SweepOptions options() {
      Map<Period, Integer> keep = new EnumMap<>(Period.class);
      for (Period period : Period.values()) {
        if (random.nextInt(3) == 0) {
          keep.put(period, random.nextInt(6));
        }
      }
      Duration window = Duration.ofHours(random.nextInt(100));
      return new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(1),
          Duration.ofHours(1 + random.nextInt(10)),
          new RetentionSettings(
              random.nextBoolean() ? window : window.multipliedBy(3),
              window,
              keep,
              ZoneId.of(random.nextBoolean() ? "UTC" : "America/New_York"),
              1 + random.nextInt(4)));
    }

    void run() {
      boolean checkpointsMostly = random.nextBoolean();
      int commits = 30 + random.nextInt(300);
      for (int i = 0; i < commits; i++) {
        long minutes = random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(120);
        log.memory.advance(Duration.ofMinutes(minutes));
        log.history.stepMicros = 1 + Duration.ofMinutes(minutes).toMillis() * 1000;
        EncodedChangeset next =
            log.history.state == null || checkpointsMostly || random.nextInt(4) == 0
                ? log.history.next()
                : log.history.tinyWal();
        log.commit(next);
        switch (random.nextInt(40)) {
          case 0 -> point();
          case 1 -> unpoint();
          case 2 -> options = options();
          case 3, 4 -> sweep();
          default -> {}
        }
      }
      for (int i = 0; i < 3; i++) {
        log.memory.advance(Duration.ofHours(12));
        sweep();
      }
      log.requireNoGarbage(name, options.grace());
    }

    private void point() {
      List<Long> existing = new ArrayList<>();
      ReadableStates readable = log.readable();
      log.states.keySet().stream().filter(readable::contains).forEach(existing::add);
      String point = "p" + log.states.lastKey() + "-" + points.size() + "-" + random.nextInt(1000);
      log.point(point, existing.get(random.nextInt(existing.size())));
      points.add(point);
    }

    private void unpoint() {
      if (!points.isEmpty()) {
        String point = points.iterator().next();
        assertThat(log.names.delete(StateName.point(point))).isTrue();
        points.remove(point);
      }
    }

    private void sweep() {
      sweeps++;
      Manifest before = log.manifest().orElse(null);
      ReadableStates listed = before == null ? ReadableStates.NONE : before.readable();
      Instant now = log.now();
      boolean whole = random.nextInt(4) > 0;
      log.sweep(options, whole ? ALL : 5 + random.nextInt(60));
      Manifest after = log.manifest().orElseThrow();
      String what = name + " sweep " + sweeps + " at head " + log.states.lastKey();
      boolean waits = before != null && before.number() == after.number();
      if (whole && !waits) {
        comparePlan(what, before, listed, after, now);
      }
      log.requireAll(what);
    }

    private void comparePlan(
        String what, Manifest before, ReadableStates listed, Manifest after, Instant now) {
      Floors floors = before == null ? Floors.NONE : before.floors();
      RetainedStates plan =
          Retention.select(after.policy().policy(), log.existing(listed), floors, List.of(), now);
      Floors expected = plan.floors();
      if (expected.walFrom() <= 1 || !log.isCheckpoint(expected)) {
        expected = floors;
      }
      assertThat(after.floors()).as(what).isEqualTo(expected);
      assertThat(after.states().keySet())
          .as(what)
          .isEqualTo(plan.states().headMap(expected.walFrom(), false).keySet());
    }
  }
}
