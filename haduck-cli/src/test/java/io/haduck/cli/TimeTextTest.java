package io.haduck.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TimeTextTest {
  private static final Instant NOW = Instant.parse("2026-12-01T12:00:00Z");
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource({
    "2026-11-20T03:00Z, 2026-11-20T03:00:00Z, false",
    "2026-11-20T03:00:01.5+02:00, 2026-11-20T01:00:01.5Z, false",
    "2026-11-20 03:00z, 2026-11-20T03:00:00Z, false",
    "2026-11-20T03:00, 2026-11-20T02:00:00Z, true",
    "2026-07-20 03:00:07, 2026-07-20T01:00:07Z, true",
    "2 hours ago, 2026-12-01T10:00:00Z, false",
    "1  minute ago, 2026-12-01T11:59:00Z, false",
    "1 Week ago, 2026-11-24T12:00:00Z, false",
    "yesterday 18:00, 2026-11-30T17:00:00Z, true",
    "today 00:00, 2026-11-30T23:00:00Z, true",
  })
  void times_areRead(String text, Instant time, boolean local) {
    assertThat(TimeText.parse(text, NOW, ZONE)).isEqualTo(new TimeText(time, local));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "soon", "2026-13-01T00:00Z", "2026-11-20", "yesterday 25:00", "-1 hours ago"})
  void whatIsNoTime_isRefusedWithAHint(String text) {
    assertThatThrownBy(() -> TimeText.parse(text, NOW, ZONE))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("Try: ");
  }

  @ParameterizedTest
  @CsvSource({
    "2026-12-01T12:00:01Z, still to come",
    "2026-03-29T02:30, does not exist",
    "2026-10-25T02:30, is there twice",
  })
  void timesThatAreNotOne_areRefused(String text, String why) {
    assertThatThrownBy(() -> TimeText.parse(text, NOW, ZONE)).hasMessageContaining(why);
  }
}
