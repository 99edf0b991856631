package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private final Pace pace = new Pace(SECOND, Duration.ofSeconds(10), 0);

  private static long nanos(int seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void untilLook_growsWithTheTimeInWhichNothingCame() {
    assertThat(pace.untilLook(0, false)).isEqualTo(SECOND);
    assertThat(pace.untilLook(nanos(10), false)).isEqualTo(SECOND);
    assertThat(pace.untilLook(nanos(50), false)).isEqualTo(Duration.ofSeconds(5));
    assertThat(pace.untilLook(nanos(3600), false)).isEqualTo(Duration.ofSeconds(10));
    pace.changed(nanos(3600));
    assertThat(pace.untilLook(nanos(3601), false)).isEqualTo(SECOND);
  }

  @Test
  void untilLook_whileSomebodyWaits_beginsShortAndEndsAtTheInterval() {
    Duration sum = Duration.ZERO;
    for (int i = 0; i < 6; i++) {
      sum = sum.plus(pace.untilLook(nanos(100), true));
    }
    assertThat(sum).isEqualTo(Duration.ofMillis(20 + 40 + 80 + 160 + 320 + 640));
    assertThat(pace.untilLook(nanos(100), true)).isEqualTo(SECOND);
    assertThat(pace.untilLook(nanos(100), false)).isEqualTo(Duration.ofSeconds(10));
    assertThat(pace.untilLook(nanos(100), true)).isEqualTo(Duration.ofMillis(20));
  }

  @Test
  void untilShowing_isFourTimesAsLongAsShowingTook() {
    assertThat(pace.untilShowing(0)).isZero();
    pace.shown(nanos(10), SECOND);
    assertThat(pace.untilShowing(nanos(10))).isEqualTo(Duration.ofSeconds(4));
    assertThat(pace.untilShowing(nanos(13))).isEqualTo(SECOND);
    assertThat(pace.untilShowing(nanos(14))).isZero();
    assertThat(pace.untilShowing(nanos(60))).isZero();
  }
}
