package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * More commits between two checkpoints than a sweep looks at: a checkpoint that a long transaction
 * holds up, say. Whoever looked at the first ones only would find no checkpoint that the window can
 * begin with, now and ever after.
 */
final class LongWalSweepTest {
  private static final int LOOKED_AT = 10;

  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final SweptLog log = new SweptLog(new Random(seed));
  private final SweepOptions options =
      new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(1),
          Duration.ofHours(1),
          new RetentionSettings(Duration.ofDays(1), Duration.ofDays(1), Map.of(), null, 2));

  @Test
  void sweep_ofMoreExpiredCommitsThanAreLookedAt_comesToTheNextCheckpoint() {
    System.out.println("-Dhaduck.seed=" + seed);
    log.commit(log.history.base(8));
    for (int checkpoints = 0; checkpoints < 4; checkpoints++) {
      for (int i = 0; i < 5 * LOOKED_AT; i++) {
        log.commit(log.history.tinyWal());
      }
      log.commit(log.history.checkpoint(3, 1));
    }
    long last = log.states.lastKey();
    // Nothing of the last 100 goes.
    for (int i = 0; i < 12 * LOOKED_AT; i++) {
      log.commit(log.history.tinyWal());
    }
    log.sweep(options, LOOKED_AT);
    log.memory.advance(Duration.ofDays(3));
    for (int i = 0; i < 2; i++) {
      log.sweep(options, LOOKED_AT);
      log.requireAll("-Dhaduck.seed=" + seed);
      log.memory.advance(Duration.ofHours(3));
    }

    assertThat(log.manifest().orElseThrow().floors().walFrom()).isEqualTo(last);
    log.requireNoGarbage("-Dhaduck.seed=" + seed, options.grace());
    assertThat(log.deleted).isGreaterThan(4 * LOOKED_AT);
  }
}
