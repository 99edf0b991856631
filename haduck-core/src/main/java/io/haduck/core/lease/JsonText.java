package io.haduck.core.lease;

import io.haduck.core.CorruptDataException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a small JSON object, strictly by RFC 8259. Whole numbers become {@code Long}, texts {@code
 * String}, objects {@code Map}, {@code true} and {@code false} {@code Boolean}. {@code null},
 * arrays and other numbers are read over: a field that has one of these is left out. For one use.
 */
final class JsonText {
  private static final int DEEPEST = 8;

  private final String text;
  private final String name;
  private int at;

  private JsonText(String text, String name) {
    this.text = text;
    this.name = name;
  }

  /**
   * Reads all of a text.
   *
   * @param name where it is, for messages
   * @throws CorruptDataException if it is not one object, or a field stands in it twice
   */
  static Map<String, Object> object(String text, String name) {
    var json = new JsonText(text, name);
    json.skipSpace();
    Map<String, Object> fields = json.fields(1);
    json.skipSpace();
    if (json.at < text.length()) {
      throw json.corrupt("something behind the object");
    }
    return fields;
  }

  private Map<String, Object> fields(int depth) {
    expect('{');
    Map<String, Object> fields = new LinkedHashMap<>();
    Map<String, Boolean> names = new LinkedHashMap<>();
    skipSpace();
    if (next('}')) {
      return fields;
    }
    do {
      skipSpace();
      String key = string();
      if (names.put(key, true) != null) {
        throw corrupt("the field " + shown(key) + " twice");
      }
      skipSpace();
      expect(':');
      Object value = value(depth);
      if (value != null) {
        fields.put(key, value);
      }
      skipSpace();
    } while (next(','));
    expect('}');
    return fields;
  }

  private @Nullable Object value(int depth) {
    skipSpace();
    char first = peek();
    if (first == '"') {
      return string();
    }
    if (first == '{' || first == '[') {
      if (depth >= DEEPEST) {
        throw corrupt("more than " + DEEPEST + " objects in each other");
      }
      return first == '{' ? fields(depth + 1) : array(depth + 1);
    }
    if (first == '-' || isDigit(first)) {
      return number();
    }
    if (word("true")) {
      return true;
    }
    if (word("false")) {
      return false;
    }
    if (word("null")) {
      return null;
    }
    throw corrupt("no value");
  }

  private @Nullable Object array(int depth) {
    expect('[');
    skipSpace();
    if (next(']')) {
      return null;
    }
    do {
      value(depth);
      skipSpace();
    } while (next(','));
    expect(']');
    return null;
  }

  private String string() {
    expect('"');
    var read = new StringBuilder();
    while (true) {
      char c = take();
      if (c == '"') {
        return read.toString();
      }
      if (c < ' ') {
        throw corrupt("a control character in a text");
      }
      read.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() {
    char c = take();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw corrupt("an unknown escape");
    };
  }

  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char c = take();
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw corrupt("an escape that is no number");
      }
      code = code * 16 + digit;
    }
    return (char) code;
  }

  private @Nullable Object number() {
    int begin = at;
    next('-');
    boolean zero = peek() == '0';
    int digits = digits();
    if (digits == 0 || (zero && digits > 1)) {
      throw corrupt("no number");
    }
    boolean whole = true;
    if (next('.')) {
      whole = false;
      requireDigits();
    }
    if (next('e') || next('E')) {
      whole = false;
      if (!next('+')) {
        next('-');
      }
      requireDigits();
    }
    if (!whole) {
      return null;
    }
    try {
      return Long.parseLong(text.substring(begin, at));
    } catch (NumberFormatException e) {
      throw corrupt("a number beyond 64 bits");
    }
  }

  private void requireDigits() {
    if (digits() == 0) {
      throw corrupt("no number");
    }
  }

  private int digits() {
    int begin = at;
    while (isDigit(peek())) {
      at++;
    }
    return at - begin;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private boolean word(String word) {
    if (text.startsWith(word, at)) {
      at += word.length();
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  /** 0 at the end, which no JSON has outside of texts. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private char take() {
    if (at == text.length()) {
      throw corrupt("an end in the middle");
    }
    return text.charAt(at++);
  }

  private boolean next(char c) {
    if (peek() == c && at < text.length()) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (!next(c)) {
      throw corrupt("no " + c);
    }
  }

  private CorruptDataException corrupt(String found) {
    return new CorruptDataException(name + " is no JSON object: at character " + at + " " + found);
  }

  /** Appends a text in quotation marks, in ASCII but for what is beyond it and can be shown. */
  static void append(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f || (Character.isSurrogate(c) && !isPair(text, i))) {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  private static boolean isPair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }

  private static String shown(String key) {
    return key.length() <= 40 ? key : key.substring(0, 40) + "…";
  }
}
