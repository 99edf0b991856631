package io.haduck.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SweepReportTest {
  private static final RetentionPolicy LONG =
      new RetentionPolicy(
          Duration.ofDays(30), Duration.ofHours(36), Map.of(Period.DAILY, 14), ZoneOffset.UTC, 3);

  private static SweepReport report(RetentionPolicy policy, @Nullable RetentionPolicy announced) {
    return new SweepReport(
        Instant.EPOCH,
        false,
        100,
        policy,
        announced,
        40,
        60,
        List.of(),
        List.of(),
        7,
        4711,
        false,
        Duration.ZERO);
  }

  @Test
  void summary_ofTheFirstSweep_saysWhatComes() {
    assertThat(report(RetentionPolicy.EVERYTHING, RetentionPolicy.DEFAULT).summary())
        .contains("nothing was ever deleted here", "retention=7d, retention_wal=7d")
        .contains("retention_minimum=2", "haduck.gc=off");
  }

  @Test
  void summary_saysWhatWasDeleted_andWhatLessWillBeKept() {
    assertThat(report(LONG, null).summary())
        .isEqualTo(
            "swept: 7 objects of 4711 bytes deleted; any commit from seq 60, any checkpoint from seq 40 and 0 single"
                + " states are kept");
    assertThat(report(LONG, RetentionPolicy.DEFAULT).summary())
        .endsWith(
            "less is kept: retention=7d, retention_wal=7d, retention_minimum=2 instead of retention=30d,"
                + " retention_wal=36h, keep_daily=14, retention_minimum=3");
  }
}
