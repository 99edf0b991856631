package io.haduck.core.settings;

import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Times as users write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 24h}, {@code 7d}. */
final class DurationText {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d|)");
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** What {@code forever} is read as; longer than any time that can be written. */
  static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  private static final String ALLOWED =
      "a number with ms, s, m, h or d, or of seconds, such as 500ms, 30s or 7d; at most 100 years";

  private DurationText() {}

  static Duration parse(SettingText given) {
    return parse(given, ALLOWED);
  }

  private static Duration parse(SettingText given, String allowed) {
    Matcher matcher = DURATION.matcher(given.required());
    if (!matcher.matches()) {
      throw given.invalid(allowed);
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          case "d" -> amount > LONGEST.toDays() ? FOREVER : Duration.ofDays(amount);
          default -> Duration.ofSeconds(amount);
        };
    if (duration.compareTo(LONGEST) > 0) {
      throw given.invalid(allowed);
    }
    return duration;
  }

  /** From 2 s to 5 min. */
  static Duration parseLeaseTtl(SettingText given) {
    String allowed = "a time from 2s to 5m";
    Duration duration = parse(given, allowed);
    if (duration.compareTo(Duration.ofSeconds(2)) < 0
        || duration.compareTo(Duration.ofMinutes(5)) > 0) {
      throw given.invalid(allowed);
    }
    return duration;
  }

  /** Null if nothing was given; else from an hour on, and with a unit: 7 is no week. */
  static @Nullable Duration parseRetention(SettingText given) {
    String text = given.text();
    if (text == null) {
      return null;
    }
    String allowed =
        "a time of 1h or longer, at most 100 years, with its unit, such as 7d or 36h; to keep everything, gc=off";
    Duration duration = parse(given, allowed);
    if (duration.compareTo(Duration.ofHours(1)) < 0
        || Character.isDigit(text.charAt(text.length() - 1))) {
      throw given.invalid(allowed);
    }
    return duration;
  }

  /** From an hour on. */
  static Duration parseGrace(SettingText given) {
    String allowed = "a time of 1h or longer";
    Duration duration = parse(given, allowed);
    if (duration.compareTo(SweepOptions.SHORTEST_GRACE) < 0) {
      throw given.invalid(allowed);
    }
    return duration;
  }

  /** Returns null if nothing was given. */
  static @Nullable Duration parseWait(SettingText given) {
    String text = given.text();
    if (text == null) {
      return null;
    }
    if (text.equalsIgnoreCase("forever")) {
      return FOREVER;
    }
    return parse(given, ALLOWED + "; or forever");
  }

  static Duration parseLongerThanZero(SettingText given) {
    Duration duration = parse(given);
    if (duration.isZero()) {
      throw given.invalid("a time longer than 0");
    }
    return duration;
  }
}
