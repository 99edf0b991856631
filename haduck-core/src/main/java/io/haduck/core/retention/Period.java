package io.haduck.core.retention;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/** The periods of which the last state can be kept; weeks begin on Monday. */
public enum Period {
  HOURLY("uuuu-MM-dd HH:00 xxx"),
  DAILY("uuuu-MM-dd"),
  WEEKLY("'from' uuuu-MM-dd"),
  MONTHLY("uuuu-MM"),
  YEARLY("uuuu");

  private final DateTimeFormatter format;

  Period(String pattern) {
    this.format = DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
  }

  /** When the period began that a moment is in; the same for all moments of one period. */
  public ZonedDateTime startOf(Instant moment, ZoneId zone) {
    ZonedDateTime local = moment.atZone(zone);
    return switch (this) {
      case HOURLY -> local.truncatedTo(ChronoUnit.HOURS);
      case DAILY -> local.toLocalDate().atStartOfDay(zone);
      case WEEKLY ->
          local
              .toLocalDate()
              .with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
              .atStartOfDay(zone);
      case MONTHLY -> local.toLocalDate().withDayOfMonth(1).atStartOfDay(zone);
      case YEARLY -> local.toLocalDate().withDayOfYear(1).atStartOfDay(zone);
    };
  }

  /** What a plan calls a state that is kept for a period: {@code daily 2026-11-20}. */
  public String reason(ZonedDateTime start) {
    return name().toLowerCase(Locale.ROOT) + " " + format.format(start);
  }
}
