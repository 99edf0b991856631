package io.haduck.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
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
    return report(policy, policy, announced, null);
  }

  private static SweepReport report(
      RetentionPolicy policy,
      RetentionPolicy before,
      @Nullable RetentionPolicy announced,
      @Nullable RetentionPolicy withdrawn) {
    return new SweepReport(
        Instant.EPOCH,
        false,
        100,
        policy,
        before,
        announced,
        announced == null ? null : Instant.parse("2026-12-01T13:00:00Z"),
        withdrawn,
        before.equals(RetentionPolicy.EVERYTHING) ? 0 : 40,
        before.equals(RetentionPolicy.EVERYTHING) ? 0 : 60,
        List.of(),
        List.of(),
        7,
        4711,
        false,
        Duration.ZERO,
        Instant.EPOCH);
  }

  @Test
  void summary_afterALongPause_saysWhatGoesWhen() {
    SweepReport now = report(LONG, null);
    assertThat(now.isAfterLongPause()).isFalse();
    SweepReport late = agedTo(now, now.at().minus(Duration.ofHours(37)));
    assertThat(late.isAfterLongPause()).isTrue();
    assertThat(late.summary())
        .contains("what has expired since 1969-12-30T11:00:00Z goes with the first one after")
        .contains("1970-01-01T01:00:00Z");
    assertThat(agedTo(now, now.at().minus(Duration.ofHours(35))).isAfterLongPause()).isFalse();
  }

  private static SweepReport agedTo(SweepReport of, Instant time) {
    return new SweepReport(
        of.at(),
        of.dryRun(),
        of.head(),
        of.policy(),
        of.before(),
        of.announced(),
        of.announcedFrom(),
        of.withdrawn(),
        of.wholeFrom(),
        of.walFrom(),
        of.retained(),
        of.dropped(),
        of.deleted(),
        of.deletedBytes(),
        of.keptAsVersions(),
        of.ahead(),
        time);
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
        .contains(
            "From the first sweep after 2026-12-01T13:00:00Z on less is kept: retention=7d, retention_wal=7d,"
                + " retention_minimum=2 instead of retention=30d, retention_wal=36h, keep_daily=14, retention_minimum=3");
  }

  @Test
  void summary_saysWhatHasComeIntoForce_andWhatIsAnnouncedNoMore() {
    SweepReport now = report(RetentionPolicy.DEFAULT, LONG, null, null);
    assertThat(now.summary())
        .contains("Now in force: retention=7d")
        .contains("instead of retention=30d");
    assertThat(now.keepsLess()).isTrue();
    SweepReport back = report(LONG, LONG, null, RetentionPolicy.DEFAULT);
    assertThat(back.summary()).contains("Announced no more: retention=7d");
    assertThat(back.keepsLess()).isFalse();
    assertThat(report(RetentionPolicy.DEFAULT, RetentionPolicy.EVERYTHING, null, null).summary())
        .endsWith("instead of everything");
  }

  @Test
  void summary_saysWhereAZoneIsAllThatChanges() {
    RetentionPolicy berlin =
        new RetentionPolicy(
            LONG.window(), LONG.walWindow(), LONG.keep(), ZoneId.of("Europe/Berlin"), 3);
    assertThat(report(LONG, berlin).summary()).contains("retention_zone=Europe/Berlin instead of");
  }
}
