package io.haduck.core.settings;

import io.haduck.core.InvalidConfigurationException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the text of a setting is read: once, when the settings of a database are resolved, so that
 * every bad value is found when it is opened. Values that mean the same must be equal. Thread-safe.
 *
 * @param <T> what the setting is to the code
 */
@FunctionalInterface
public interface SettingParser<T> {

  /**
   * Reads what was given.
   *
   * @return null if it was nothing, and that is allowed
   * @throws InvalidConfigurationException if it is not allowed
   */
  @Nullable T parse(SettingText given);

  /** Returns a parser of text without control characters, or none. */
  static SettingParser<String> text() {
    return given -> {
      String text = given.text();
      if (text != null && text.chars().anyMatch(Character::isISOControl)) {
        throw given.invalid("text without control characters");
      }
      return text;
    };
  }

  /**
   * Returns a parser of text that matches a pattern, or none.
   *
   * @param allowed the pattern in words
   */
  static SettingParser<String> matching(Pattern pattern, String allowed) {
    return given -> {
      String text = text().parse(given);
      if (text != null && !pattern.matcher(text).matches()) {
        throw given.invalid(allowed);
      }
      return text;
    };
  }

  /** Returns a parser of {@code true}, {@code false}, or nothing. */
  static SettingParser<Boolean> flag() {
    return given -> {
      String text = given.text();
      return text == null
          ? null
          : switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            default -> throw given.invalid("true or false");
          };
    };
  }

  /** Returns a parser of one of several words, in small or capital letters. */
  static SettingParser<String> word(String... words) {
    return given -> {
      String wanted = given.required().toLowerCase(Locale.ROOT);
      if (!Arrays.asList(words).contains(wanted)) {
        throw given.invalid(String.join(" or ", words));
      }
      return wanted;
    };
  }

  /** Returns a parser of the names of constants, in small or capital letters. */
  static <E extends Enum<E>> SettingParser<E> constant(Class<E> type) {
    return given -> {
      String wanted = given.required();
      for (E constant : type.getEnumConstants()) {
        if (constant.name().equalsIgnoreCase(wanted)) {
          return constant;
        }
      }
      throw given.invalid(
          Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(" or ")));
    };
  }

  /** Returns a parser of whole numbers of up to 12 digits. */
  static SettingParser<Long> count() {
    return given -> {
      String text = given.required();
      if (!text.matches("[0-9]{1,12}")) {
        throw given.invalid("a whole number, not negative, of at most 12 digits");
      }
      return Long.valueOf(text);
    };
  }

  /** Returns a parser of whole numbers in a range, or none. */
  static SettingParser<Integer> number(int least, int most) {
    return given -> {
      String text = given.text();
      if (text == null) {
        return null;
      }
      int number = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
      if (number < least || number > most) {
        throw given.invalid("a whole number from " + least + " to " + most);
      }
      return number;
    };
  }

  /** Returns a parser of time zones such as {@code Europe/Berlin}, or none. */
  static SettingParser<ZoneId> zone() {
    return given -> {
      String text = given.text();
      try {
        return text == null ? null : ZoneId.of(text);
      } catch (DateTimeException e) {
        throw given.invalid("a time zone such as UTC, Europe/Berlin or +01:00");
      }
    };
  }

  /** Returns a parser of times such as {@code 500ms}; a bare number means seconds. */
  static SettingParser<Duration> duration() {
    return DurationText::parse;
  }
}
