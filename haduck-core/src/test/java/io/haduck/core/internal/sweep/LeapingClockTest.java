package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A store's clock that leaps, and is set right again: age is by it, and nothing comes back. */
final class LeapingClockTest {
  private static final int ALL = 1_000_000;
  private static final Duration WINDOW = Duration.ofHours(80);
  private static final Duration LEAP = Duration.ofDays(3650);
  private static final Duration STEP = Duration.ofMinutes(40);

  private static final SweepOptions OPTIONS =
      new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(24),
          Duration.ofHours(1),
          new RetentionSettings(WINDOW, WINDOW, Map.of(), null, 1));

  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final String what = "haduck.seed=" + seed;
  private final SweptLog log = new SweptLog(new Random(seed));

  /** Commits, and says the last seq. */
  private long grow(int changesets) {
    for (int i = 0; i < changesets; i++) {
      log.memory.advance(STEP);
      log.commit(log.history.state == null ? log.history.base(5) : log.history.checkpoint(2, 1));
    }
    return log.states.lastKey();
  }

  /** As a writer does it. */
  private SweepReport sweep() {
    Instant agedTo = new SweepTime(log.memory, SweptLog.RETRIES).agedTo(OPTIONS.interval());
    return log.sweep(log.memory, OPTIONS, ALL).agedTo(agedTo).run().orElseThrow();
  }

  private void days(int count) {
    for (int i = 0; i < count; i++) {
      grow(36);
      sweep();
    }
  }

  private long floor() {
    return log.manifest().orElseThrow().floors().walFrom();
  }

  @Test
  void leapAhead_thatOneSweepSees_givesUpADay_andNoMoreOnceItIsSetRight() {
    days(8);
    long before = floor();
    assertThat(before).as(what).isGreaterThan(1);
    log.memory.advance(LEAP);
    grow(1);
    SweepReport seen = sweep();
    assertThat(seen.agedTo()).isBefore(seen.at().minus(Duration.ofDays(3600)));
    assertThat(seen.isAfterLongPause()).isTrue();
    assertThat(floor()).as("%s: a day and an hour more", what).isBetween(before, before + 40);
    log.requireAll(what);

    log.memory.advance(LEAP.negated());
    SweepTime.Next next = new SweepTime(log.memory, SweptLog.RETRIES).next(OPTIONS.interval());
    assertThat(next.left()).as("due").isEmpty();
    assertThat(next.future()).isEqualTo(seen.at());
    long ofTheFuture = log.states.lastKey();
    days(1);
    assertThat(floor()).as(what).isLessThan(before + 80);
    log.requireAll(what);

    days(5);
    assertThat(floor())
        .as("%s: goes on, past what was written then", what)
        .isGreaterThan(ofTheFuture);
    assertThat(log.memory.objects.keySet())
        .as("what was written then is deleted like the rest")
        .doesNotContain(LogKeys.changeset(before + 5));
    log.requireAll(what);
  }

  @Test
  void leapAhead_thatStays_isGoneBy_fromTheSecondSweepOn_andNotWithinTheHour() {
    days(8);
    long before = floor();
    log.memory.advance(LEAP);
    grow(1);
    sweep();
    sweep();
    log.memory.advance(Duration.ofMinutes(59));
    sweep();
    assertThat(floor()).as(what).isLessThanOrEqualTo(before + 40);
    long leapt = log.states.lastKey();
    log.memory.advance(Duration.ofDays(1));
    SweepReport second = sweep();
    assertThat(second.agedTo()).isEqualTo(second.at());
    assertThat(floor()).as(what).isBetween(leapt - 1, leapt);
    log.requireAll(what);
  }

  /** What it says of the keys that are written then is that they are ten years old. */
  @Test
  void clockThatWasBehind_andIsSetRight_givesUpNothingThatIsYoung() {
    days(8);
    log.memory.advance(Duration.ofDays(6));
    long idle = log.states.lastKey();
    log.memory.advance(LEAP.negated());
    grow(5);
    log.memory.advance(LEAP);
    long right = grow(3) - 3;
    sweep();
    log.memory.advance(Duration.ofHours(2));
    sweep();
    assertThat(floor())
        .as("%s: the window begins with what was current then", what)
        .isEqualTo(idle);
    for (long seq = idle; seq <= right; seq++) {
      assertThat(log.readable().contains(seq)).as("%s: seq %s", what, seq).isTrue();
    }
    log.memory.advance(WINDOW.plus(Duration.ofHours(3)));
    grow(1);
    sweep();
    log.memory.advance(Duration.ofHours(2));
    sweep();
    assertThat(floor()).as(what).isGreaterThan(right);
    log.requireAll(what);
  }

  /** More by {@code -Dhaduck.clocks=…}; one again by {@code -Dhaduck.seed=…}. */
  @Test
  void clocksThatLeapAtRandom_keepNoReplicaFromShrinking_onceTheyAreRight() {
    for (int i = 0; i < Integer.getInteger("haduck.clocks", 10); i++) {
      new RandomClock(seed + i).run();
    }
  }

  /** A log whose store has a clock that is right, or hours, days or years from that. */
  private static final class RandomClock {
    private static final List<Duration> WRONG =
        List.of(Duration.ofHours(3), Duration.ofDays(2), Duration.ofDays(9), LEAP);

    private final String what;
    private final Random random;
    private final SweptLog log;
    private Duration wrong = Duration.ZERO;

    RandomClock(long seed) {
      what = "-Dhaduck.seed=" + seed + " -Dhaduck.clocks=1";
      random = new Random(seed);
      log = new SweptLog(random);
    }

    private void set(Duration next) {
      log.memory.advance(next.minus(wrong));
      wrong = next;
    }

    private void leap() {
      Duration by = WRONG.get(random.nextInt(WRONG.size()));
      int way = random.nextInt(3);
      set(way == 0 ? Duration.ZERO : way == 1 ? by : by.negated());
    }

    /** Commits for some hours, and sweeps if that is due. */
    private void live(int hours) {
      log.memory.advance(Duration.ofHours(hours));
      for (int left = random.nextInt(4); left >= 0; left--) {
        log.memory.advance(Duration.ofMinutes(1));
        log.commit(
            log.history.state == null
                ? log.history.base(5)
                : random.nextInt(6) == 0 ? log.history.epoch() : log.history.checkpoint(2, 1));
      }
      var time = new SweepTime(log.memory, SweptLog.RETRIES);
      if (time.next(OPTIONS.interval()).left().isEmpty()) {
        var sweep = log.sweep(log.memory, OPTIONS, ALL).agedTo(time.agedTo(OPTIONS.interval()));
        assertThat(sweep.run()).as(what).isPresent();
      }
    }

    void run() {
      for (int i = 0; i < 40; i++) {
        if (random.nextInt(3) == 0) {
          leap();
        }
        live(1 + random.nextInt(30));
      }
      log.requireAll(what);
      set(Duration.ZERO);
      long last = log.states.lastKey();
      // What was written nine days ahead is not known to be wrong when these are over.
      for (Duration left = WINDOW.plus(Duration.ofDays(9 + 3)); !left.isNegative(); ) {
        live(25);
        left = left.minus(Duration.ofHours(25));
      }
      log.requireAll(what);
      assertThat(log.manifest().orElseThrow().floors().walFrom()).as(what).isGreaterThan(last);
    }
  }

  /** Its hour would be over in ten years. */
  @Test
  void announcementOfTheFuture_isMadeAnew() {
    grow(100);
    log.memory.advance(LEAP);
    SweepReport first = sweep();
    assertThat(first.announced()).isNotNull();
    log.memory.advance(LEAP.negated());
    SweepReport second = sweep();
    assertThat(second.announced()).isEqualTo(first.announced());
    assertThat(second.announcedFrom()).isEqualTo(log.now().plus(Duration.ofHours(1)));
    log.memory.advance(Duration.ofMinutes(61));
    assertThat(sweep().policy()).isEqualTo(first.announced());
    log.requireAll(what);
  }
}
