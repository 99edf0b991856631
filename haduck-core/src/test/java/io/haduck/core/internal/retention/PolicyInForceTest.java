package io.haduck.core.internal.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.RetentionSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Of a replica's policy, what a process sets and when that counts. */
final class PolicyInForceTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static final PolicyInForce LONG = inForce(30, Map.of(Period.DAILY, 14));

  private static PolicyInForce inForce(int days, Map<Period, Integer> keep) {
    Duration window = Duration.ofDays(days);
    return new PolicyInForce(new RetentionPolicy(window, window, keep, ZoneOffset.UTC, 2), null);
  }

  private static RetentionSettings days(int days) {
    return new RetentionSettings(
        Duration.ofDays(days), Duration.ofDays(days), Map.of(), null, null);
  }

  private static PolicyInForce next(
      @Nullable PolicyInForce before, RetentionSettings said, boolean ripe) {
    return PolicyInForce.next(before, said, ripe, NOW);
  }

  @Test
  void first_keepsEverything_andAnnounces() {
    PolicyInForce first = next(null, days(3), false);
    assertThat(first.policy()).isEqualTo(RetentionPolicy.EVERYTHING);
    PolicyInForce early = next(first, days(3), false);
    assertThat(early).isEqualTo(first);
    assertThat(next(first, days(3), true)).isEqualTo(inForce(3, Map.of()));
  }

  @Test
  void aProcessThatSetsNothing_leavesThePolicyAsItIs() {
    assertThat(next(LONG, RetentionSettings.NONE, true)).isEqualTo(LONG);
    PolicyInForce announced = next(LONG, days(3), true);
    assertThat(next(announced, RetentionSettings.NONE, false)).isEqualTo(announced);
    assertThat(next(announced, RetentionSettings.NONE, true))
        .isEqualTo(inForce(3, Map.of(Period.DAILY, 14)));
  }

  @Test
  void whatKeepsMore_countsAtOnce() {
    assertThat(next(LONG, days(90), false)).isEqualTo(inForce(90, Map.of(Period.DAILY, 14)));
  }

  @Test
  void whatKeepsLess_keepsAllUntilItIsRipe_andCanBeTakenBack() {
    PolicyInForce announced = next(LONG, days(3), true);
    assertThat(announced.policy()).isEqualTo(LONG.policy());
    assertThat(announced.announced()).isNotNull();
    assertThat(next(announced, days(30), false)).isEqualTo(LONG);
  }

  @Test
  void twoProcessesThatDisagree_keepWhatEitherDoes() {
    PolicyInForce at = LONG;
    for (int i = 0; i < 10; i++) {
      at = next(at, days(i % 2 == 0 ? 3 : 30), true);
      assertThat(at.policy()).isEqualTo(LONG.policy());
    }
  }

  /** Else it would go on as if nothing were ever given up. */
  @Test
  void twoProcessesThatDisagree_onAReplicaThatWasNeverSwept_giveUpWhatBothDo() {
    PolicyInForce at = next(null, days(30), false);
    for (int i = 0; i < 10; i++) {
      at = next(at, days(i % 2 == 0 ? 3 : 30), true);
      assertThat(at.policy()).isEqualTo(inForce(30, Map.of()).policy());
      assertThat(next(at, days(i % 2 == 0 ? 3 : 30), false)).isEqualTo(at);
    }
  }

  @Test
  void whatIsAnnouncedAnew_beforeTheOtherIsRipe_keepsAll() {
    PolicyInForce first = next(LONG, days(3), false);
    PolicyInForce second = next(first, days(5), false);
    assertThat(second.policy()).isEqualTo(LONG.policy());
    assertThat(next(second, days(4), true).policy())
        .isEqualTo(inForce(5, Map.of(Period.DAILY, 14)).policy());
  }

  @Test
  void anotherZone_isAnnounced_andPeriodsAreCountedInTheOldOneUntilThen() {
    var berlin = new RetentionSettings(null, null, Map.of(), BERLIN, null);
    PolicyInForce announced = next(LONG, berlin, true);
    assertThat(announced.policy()).isEqualTo(LONG.policy());
    assertThat(next(announced, berlin, true).policy().zone()).isEqualTo(BERLIN);
  }
}
