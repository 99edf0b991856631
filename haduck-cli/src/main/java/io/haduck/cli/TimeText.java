package io.haduck.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A moment as a person writes it: {@code 2026-11-20T03:00Z}, {@code 2026-11-20 03:00}, {@code 2
 * hours ago}, {@code yesterday 18:00}.
 *
 * @param time that is meant
 * @param local whether the zone was not said, and that of this machine was taken
 */
record TimeText(Instant time, boolean local) {
  private static final Pattern AGO =
      Pattern.compile("(\\d{1,9}) (second|minute|hour|day|week)s? ago");
  private static final Pattern DAY = Pattern.compile("(today|yesterday) (\\d\\d:\\d\\d(:\\d\\d)?)");

  /**
   * Reads it.
   *
   * @throws CommandFailure if it is none, or lies in the future, or in an hour that a change of the
   *     clocks leaves out or repeats
   */
  static TimeText parse(String text, Instant now, ZoneId zone) {
    TimeText parsed;
    try {
      parsed = read(text.trim(), now, zone);
    } catch (DateTimeException | ArithmeticException e) {
      throw failure(
          "'" + text + "' is no time. Try: 2026-11-20T03:00Z, '2 hours ago' or 'yesterday 18:00'");
    }
    if (parsed.time().isAfter(now)) {
      throw failure(
          "'" + text + "' is " + parsed.time() + ", which is still to come: it is " + now + " now");
    }
    return parsed;
  }

  private static TimeText read(String text, Instant now, ZoneId zone) {
    String words = text.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    Matcher ago = AGO.matcher(words);
    if (ago.matches()) {
      long count = Long.parseLong(ago.group(1));
      Instant time =
          switch (ago.group(2)) {
            case "second" -> now.minusSeconds(count);
            case "minute" -> now.minus(count, ChronoUnit.MINUTES);
            case "hour" -> now.minus(count, ChronoUnit.HOURS);
            case "day" -> now.minus(count, ChronoUnit.DAYS);
            default -> now.minus(count * 7, ChronoUnit.DAYS);
          };
      return new TimeText(time, false);
    }
    Matcher day = DAY.matcher(words);
    if (day.matches()) {
      LocalDate today = LocalDate.ofInstant(now, zone);
      LocalDate meant = day.group(1).equals("today") ? today : today.minusDays(1);
      return local(meant.atTime(LocalTime.parse(day.group(2))), zone);
    }
    String iso = text.replaceFirst("^(\\d{4}-\\d\\d-\\d\\d) +", "$1T");
    if (iso.matches(".*([zZ]|[+-]\\d\\d:\\d\\d)$")) {
      return new TimeText(OffsetDateTime.parse(iso).toInstant(), false);
    }
    return local(LocalDateTime.parse(iso), zone);
  }

  private static TimeText local(LocalDateTime time, ZoneId zone) {
    var offsets = zone.getRules().getValidOffsets(time);
    if (offsets.size() != 1) {
      throw failure(
          time
              + (offsets.isEmpty() ? " does not exist in " : " is there twice in ")
              + zone
              + ", whose clocks change then. Try: the time in UTC, with a Z at its end");
    }
    return new TimeText(time.toInstant(offsets.get(0)), true);
  }

  private static CommandFailure failure(String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }
}
