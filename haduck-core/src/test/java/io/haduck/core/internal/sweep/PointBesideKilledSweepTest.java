package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** A point that is made just before a manifest, whose sweep is killed just behind it. */
final class PointBesideKilledSweepTest {
  private static final int ALL = 1_000_000;

  private static final SweepOptions OPTIONS =
      new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(24),
          Duration.ofHours(1),
          new RetentionSettings(Duration.ofHours(20), Duration.ofHours(20), Map.of(), null, 1));

  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  @Test
  void point_ofAStateThatIsGivenUp_canBeReadBeforeAnotherSweepComes() {
    for (int i = 0; i < 20; i++) {
      String what = "haduck.seed=" + (seed + i);
      var random = new Random(seed + i);
      var log = new SweptLog(random);
      for (int commits = 0; commits < 150; commits++) {
        log.memory.advance(Duration.ofMinutes(20));
        log.commit(log.history.next());
      }
      log.sweep(OPTIONS, ALL);
      log.memory.advance(Duration.ofMinutes(61));
      long named = 2L + random.nextInt(60);
      String manifest = "PUT " + LogKeys.kept(2);
      var killed =
          new SteppedStore(log.memory)
              .before(
                  (call, step) -> {
                    if (step.equals(manifest)) {
                      log.point("just-before", named);
                    }
                  })
              .after(
                  (call, step) -> {
                    if (step.equals(manifest)) {
                      throw new CancellationException("killed");
                    }
                  });
      assertThatThrownBy(() -> log.sweep(killed, OPTIONS, ALL).run())
          .isInstanceOf(CancellationException.class);
      assertThat(log.manifest().orElseThrow().floors().walFrom()).as(what).isGreaterThan(named);
      assertThat(log.readable().contains(named)).as(what).isTrue();
      log.requireAll(what);
      log.memory.advance(Duration.ofHours(2));
      log.sweep(OPTIONS, ALL);
      log.requireAll(what);
    }
  }
}
