package io.haduck.core.retention;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * For how long states are kept, and which ones after that. Immutable.
 *
 * @param window any checkpoint that is younger can be restored; zero or more
 * @param walWindow any commit that is younger can be restored; zero or more
 * @param keep of how many of the last periods that have a state the last one is kept, beyond the
 *     windows; a period that is not in the map counts as zero
 * @param zone in which periods begin
 * @param minimum of the newest checkpoints are kept whatever their age; 1 or more
 */
public record RetentionPolicy(
    Duration window, Duration walWindow, Map<Period, Integer> keep, ZoneId zone, int minimum) {
  /** Seven days of everything, and two checkpoints at least. */
  public static final RetentionPolicy DEFAULT =
      new RetentionPolicy(Duration.ofDays(7), Duration.ofDays(7), Map.of(), ZoneOffset.UTC, 2);

  /** Of a replica that was never swept: everything, for a hundred years. */
  public static final RetentionPolicy EVERYTHING =
      new RetentionPolicy(
          Duration.ofDays(36_500), Duration.ofDays(36_500), Map.of(), ZoneOffset.UTC, 2);

  /**
   * Checks the bounds, and copies the map.
   *
   * @throws IllegalArgumentException if a time or a number is negative, or the minimum zero
   */
  public RetentionPolicy {
    if (window.isNegative() || walWindow.isNegative() || minimum < 1) {
      throw new IllegalArgumentException(
          "windows of " + window + " and " + walWindow + ", minimum " + minimum);
    }
    Map<Period, Integer> copy = new EnumMap<>(Period.class);
    keep.forEach(
        (period, count) -> {
          if (count < 0) {
            throw new IllegalArgumentException(period + " " + count);
          }
          if (count > 0) {
            copy.put(period, count);
          }
        });
    keep = Collections.unmodifiableMap(copy);
  }

  /** Of how many of the last periods that have a state the last one is kept. */
  public int keep(Period period) {
    return keep.getOrDefault(period, 0);
  }

  /** Returns it in the words of the settings, without those that keep nothing. */
  public String inWords() {
    if (equals(EVERYTHING)) {
      return "everything";
    }
    StringBuilder words = new StringBuilder("retention=").append(inWords(window));
    words.append(", retention_wal=").append(inWords(walWindow));
    for (Period period : Period.values()) {
      if (keep(period) > 0) {
        words.append(", keep_").append(period.name().toLowerCase(Locale.ROOT)).append('=');
        words.append(keep(period));
      }
    }
    words.append(", retention_minimum=").append(minimum);
    return zone.equals(ZoneOffset.UTC)
        ? words.toString()
        : words.append(", retention_zone=").append(zone).toString();
  }

  private static String inWords(Duration time) {
    if (time.toSeconds() % 86_400 == 0) {
      return time.toDays() + "d";
    }
    return time.toSeconds() % 3600 == 0 ? time.toHours() + "h" : time.toSeconds() + "s";
  }

  /** Whether this may give up a state that the other one keeps. */
  public boolean shrinks(RetentionPolicy other) {
    boolean fewer = window.compareTo(other.window) < 0 || walWindow.compareTo(other.walWindow) < 0;
    boolean counted = false;
    for (Period period : Period.values()) {
      fewer |= keep(period) < other.keep(period);
      counted |= other.keep(period) > 0;
    }
    return fewer || minimum < other.minimum || (counted && !zone.equals(other.zone));
  }

  /** What keeps all that either of them keeps, by periods as this one counts them. */
  public RetentionPolicy and(RetentionPolicy other) {
    Map<Period, Integer> more = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      more.put(period, Math.max(keep(period), other.keep(period)));
    }
    return new RetentionPolicy(
        window.compareTo(other.window) > 0 ? window : other.window,
        walWindow.compareTo(other.walWindow) > 0 ? walWindow : other.walWindow,
        more,
        zone,
        Math.max(minimum, other.minimum));
  }
}
