package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a sweep says that may not delete, and what it remembers so that it need not look again. */
final class DryRunSweepTest {
  private static final int ALL = 1_000_000;

  private static final SweepOptions OPTIONS =
      new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(24),
          Duration.ofHours(1),
          new RetentionSettings(Duration.ofHours(20), Duration.ofHours(20), Map.of(), null, 1));

  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final SweptLog log = new SweptLog(new Random(seed));

  private void grow(int changesets) {
    for (int i = 0; i < changesets; i++) {
      log.memory.advance(Duration.ofMinutes(20));
      log.commit(
          log.history.state == null
              ? log.history.base(5)
              : i % 7 == 3 ? log.history.epoch() : log.history.checkpoint(2, 1));
    }
  }

  @Test
  void dryRun_saysWhatASweepDeletes_andWritesNothing() {
    grow(300);
    SweepOptions dry = OPTIONS.withMode(GarbageCollection.DRY_RUN);
    var before = new TreeMap<>(log.memory.objects);
    SweepReport never = log.sweep(log.memory, dry, ALL).run().orElseThrow();
    assertThat(never.dryRun()).isTrue();
    assertThat(never.deleted()).as("haduck.seed=%s", seed).isGreaterThan(100);
    assertThat(log.memory.objects).isEqualTo(before);

    assertThat(log.sweep(OPTIONS, ALL).deleted()).isZero();
    log.memory.advance(Duration.ofMinutes(61));
    SweepReport said = log.sweep(log.memory, dry, ALL).run().orElseThrow();
    SweepReport done = log.sweep(OPTIONS, ALL);
    assertThat(done.deleted()).as("haduck.seed=%s", seed).isEqualTo(said.deleted());
    assertThat(done.deletedBytes()).isEqualTo(said.deletedBytes());
    assertThat(done.walFrom()).isEqualTo(said.walFrom());
    log.requireAll("haduck.seed=" + seed);
  }

  @Test
  void sweeps_byTheHundred_leaveThirtyManifests() {
    grow(50);
    for (int i = 0; i < 100; i++) {
      grow(8);
      log.sweep(OPTIONS, ALL);
    }
    assertThat(log.manifest().orElseThrow().number()).isEqualTo(100);
    assertThat(log.memory.objects.keySet().stream().filter(it -> it.startsWith(LogKeys.KEPT)))
        .hasSize(OldManifests.STAY);
    var anotherProcess = new Manifests(log.memory, SweptLog.RETRIES);
    assertThat(anotherProcess.newest()).isEqualTo(log.manifest());
    log.requireAll("haduck.seed=" + seed);
  }

  @Test
  void sweep_ofWhatItKnowsToFence_doesNotReadThatAgain() {
    grow(300);
    log.sweep(OPTIONS, ALL);
    log.memory.advance(Duration.ofMinutes(61));
    log.sweep(OPTIONS, ALL);
    long floor = log.manifest().orElseThrow().floors().walFrom();
    var fences = new TreeSet<Long>();
    log.states
        .headMap(floor)
        .forEach(
            (seq, state) -> {
              if (state.kind() == ChangesetKind.EPOCH) {
                fences.add(seq);
              }
            });
    assertThat(log.manifest().orElseThrow().fences()).isEqualTo(fences).isNotEmpty();
    fences.forEach(seq -> assertThat(log.memory.objects).containsKey(LogKeys.changeset(seq)));

    var read = new TreeSet<String>();
    var watched = new SteppedStore(log.memory).before((call, what) -> read.add(what));
    grow(100);
    assertThat(log.sweep(watched, OPTIONS, ALL).run()).isPresent();
    assertThat(log.manifest().orElseThrow().floors().walFrom()).isGreaterThan(floor);
    fences.forEach(seq -> assertThat(read).doesNotContain("GET " + LogKeys.changeset(seq)));
    log.requireAll("haduck.seed=" + seed);
  }

  @Test
  void report_ofCommitsWhoseTimesAreAheadOfTheStores_saysByHowMuch() {
    grow(50);
    assertThat(log.sweep(OPTIONS, ALL).ahead()).isZero();
    log.memory.advance(Duration.ofMinutes(61));
    Duration behind = Duration.between(log.history.head().time(), log.now());
    log.history.stepMicros = behind.plus(Duration.ofHours(3)).toNanos() / 1000;
    log.commit(log.history.checkpoint(2, 1));
    SweepReport report = log.sweep(OPTIONS, ALL);
    assertThat(report.ahead()).isEqualTo(Duration.ofHours(3));
    assertThat(report.summary()).contains("180 minutes ahead");
  }

  /** Later sweeps read its head only. */
  @Test
  void sweep_whereTheSnapshotOfTheFloorWasCutOff_deletesNothing() {
    grow(300);
    log.sweep(OPTIONS, ALL);
    log.memory.advance(Duration.ofMinutes(61));
    String key = LogKeys.snapshot(log.sweep(OPTIONS, ALL).walFrom());
    log.memory.objects.compute(key, (any, bytes) -> Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> log.sweep(OPTIONS, ALL))
        .as("haduck.seed=%s", seed)
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("until then nothing is deleted");
  }

  /** Nobody is to be surprised, whichever process announced it. */
  @Test
  void reports_sayWhatIsAnnounced_whatComesIntoForce_andWhatIsTakenBack() {
    grow(50);
    SweepReport first = log.sweep(OPTIONS, ALL);
    SweepTime.Next next = new SweepTime(log.memory, SweptLog.RETRIES).next(Duration.ofHours(24));
    assertThat(next.announced()).isNotNull();
    assertThat(first.announced()).isEqualTo(next.announced().policy());
    assertThat(first.announcedFrom()).isEqualTo(next.announced().from());
    assertThat(first.keepsLess()).as("the first of all").isFalse();

    log.memory.advance(Duration.ofMinutes(61));
    SweepReport second = log.sweep(OPTIONS, ALL);
    assertThat(second.before()).isEqualTo(RetentionPolicy.EVERYTHING);
    assertThat(second.policy()).isEqualTo(first.announced());
    assertThat(second.withdrawn()).isNull();
    assertThat(second.keepsLess()).isTrue();

    SweepReport less = log.sweep(hours(10), ALL);
    assertThat(less.policy()).isEqualTo(second.policy());
    assertThat(less.announced()).isNotNull();
    assertThat(less.keepsLess()).isTrue();
    SweepReport back = log.sweep(OPTIONS, ALL);
    assertThat(back.withdrawn()).isEqualTo(less.announced());
    assertThat(back.announced()).isNull();
    assertThat(back.keepsLess()).isFalse();
  }

  private static SweepOptions hours(int window) {
    Duration time = Duration.ofHours(window);
    return OPTIONS.withPolicy(new RetentionSettings(time, time, Map.of(), null, 1));
  }
}
