package io.haduck.core.lease;

import io.haduck.core.CorruptDataException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fields of a JSON object, each checked before it is used. */
final class LeaseFields {
  private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");
  private static final int LONGEST_INSTANT = 40;

  private final Map<String, Object> fields;
  private final String name;

  LeaseFields(Map<String, Object> fields, String name) {
    this.fields = fields;
    this.name = name;
  }

  String text(String field, int longest) {
    if (fields.get(field) instanceof String text) {
      if (text.length() > longest) {
        throw corrupt(field, "longer than " + longest + " characters");
      }
      return text;
    }
    throw corrupt(field, "missing, or no text");
  }

  long number(String field, long least, long most) {
    if (fields.get(field) instanceof Long number) {
      if (number < least || number > most) {
        throw corrupt(field, number + ", and must be from " + least + " to " + most);
      }
      return number;
    }
    throw corrupt(field, "missing, or no whole number");
  }

  /** A number of 64 bits, which not everything that reads JSON could take as one. */
  long numberInText(String field) {
    try {
      return Long.parseLong(text(field, 20));
    } catch (NumberFormatException e) {
      throw corrupt(field, "no whole number");
    }
  }

  boolean flag(String field) {
    if (fields.get(field) instanceof Boolean flag) {
      return flag;
    }
    throw corrupt(field, "missing, or neither true nor false");
  }

  Instant instant(String field) {
    try {
      Instant instant = Instant.parse(text(field, LONGEST_INSTANT));
      if (!instant.isBefore(FIRST) && !instant.isAfter(LAST)) {
        return instant;
      }
    } catch (DateTimeException e) {
      // said below
    }
    throw corrupt(field, "no time from 1970 to 9999 such as 2026-11-30T12:00:00Z");
  }

  <E extends Enum<E>> E constant(String field, Class<E> type) {
    String word = text(field, LONGEST_INSTANT);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(word)) {
        return constant;
      }
    }
    throw corrupt(field, "none of the words that are known");
  }

  /** Null if there is no such field. */
  @Nullable LeaseFields inner(String field) {
    Object value = fields.get(field);
    if (value == null) {
      return null;
    }
    if (value instanceof Map<?, ?> found) {
      Map<String, Object> inner = new HashMap<>();
      found.forEach((key, of) -> inner.put((String) key, of));
      return new LeaseFields(inner, name + ": " + field);
    }
    throw corrupt(field, "no object");
  }

  private CorruptDataException corrupt(String field, String what) {
    return new CorruptDataException(name + " is no lease: its field " + field + " is " + what);
  }
}
