package io.haduck.core.settings;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as users write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 24h}. */
final class DurationText {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|)");
  private static final Duration LONGEST = Duration.ofDays(36_500);
  private static final String ALLOWED =
      "a number with ms, s, m or h, or of seconds, such as 500ms, 30s or 5m; at most 100 years";

  private DurationText() {}

  static Duration parse(SettingText given) {
    Matcher matcher = DURATION.matcher(given.required());
    if (!matcher.matches()) {
      throw given.invalid(ALLOWED);
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofSeconds(amount);
        };
    if (duration.compareTo(LONGEST) > 0) {
      throw given.invalid(ALLOWED);
    }
    return duration;
  }

  static Duration parseLongerThanZero(SettingText given) {
    Duration duration = parse(given);
    if (duration.isZero()) {
      throw given.invalid("a time longer than 0");
    }
    return duration;
  }
}
