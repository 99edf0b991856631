package io.haduck.jdbc.internal.sql;

/**
 * The tokens of SQL text, one after the other. Follows DuckDB's lexer: {@code ''} within strings,
 * backslash escapes within {@code E''} only, {@code ""} within quoted names, {@code $tag$} quotes,
 * {@code --} comments to the end of a line, nested block comments, and Unicode spaces. Of what
 * DuckDB rejects it makes something harmless.
 *
 * <p>One pass, no allocation. Confined to one thread.
 */
final class SqlTokens {
  // Tokens that are not a single character.
  static final int END = -1;
  static final int WORD = -2;

  /** In double quotes. */
  static final int NAME = -3;

  /** In single quotes, with or without an E, or between dollars. */
  static final int LITERAL = -4;

  private final String sql;
  private int position;
  private int start;

  SqlTokens(String sql) {
    this.sql = sql;
  }

  /** Where the last token begins. */
  int start() {
    return start;
  }

  /** Behind the last token. */
  int end() {
    return position;
  }

  /** Whether everything was read. */
  boolean atEnd() {
    return position >= sql.length();
  }

  /** The last token as written. */
  String text() {
    return sql.substring(start, position);
  }

  /** Whether the last token is that word, in any case. */
  boolean is(String word) {
    return isWord(start, position, word);
  }

  /** Whether that part of the text is that word, in any case. */
  boolean isWord(int from, int to, String word) {
    return to - from == word.length() && sql.regionMatches(true, from, word, 0, word.length());
  }

  /** Steps over one token: one of the constants, or its only character. */
  int next() {
    skipSpace();
    start = position;
    if (position >= sql.length()) {
      return END;
    }
    char c = sql.charAt(position);
    if (isWordStart(c)) {
      position++;
      if ((c == 'e' || c == 'E') && at(position) == '\'') {
        escapedString();
        return LITERAL;
      }
      while (position < sql.length() && isWordPart(sql.charAt(position))) {
        position++;
      }
      return WORD;
    }
    switch (c) {
      case '\'' -> {
        quoted('\'');
        return LITERAL;
      }
      case '"' -> {
        quoted('"');
        return NAME;
      }
      case '$' -> {
        return dollarQuoted() ? LITERAL : c;
      }
      default -> {
        position++;
        return c;
      }
    }
  }

  private void skipSpace() {
    while (position < sql.length()) {
      char c = sql.charAt(position);
      if (c == '-' && at(position + 1) == '-') {
        lineComment();
      } else if (c == '/' && at(position + 1) == '*') {
        blockComment();
      } else if (isSpace(c)) {
        position++;
      } else {
        return;
      }
    }
  }

  private void lineComment() {
    while (position < sql.length()
        && sql.charAt(position) != '\n'
        && sql.charAt(position) != '\r') {
      position++;
    }
  }

  private void blockComment() {
    int depth = 1;
    position += 2;
    while (depth > 0 && position < sql.length()) {
      char c = sql.charAt(position);
      if (c == '/' && at(position + 1) == '*') {
        depth++;
        position += 2;
      } else if (c == '*' && at(position + 1) == '/') {
        depth--;
        position += 2;
      } else {
        position++;
      }
    }
  }

  /** Text in quotes that are doubled within it. Two neighbours read as one with a doubled quote. */
  private void quoted(char quote) {
    int next = position;
    do {
      next = sql.indexOf(quote, next + 1);
      position = next < 0 ? sql.length() : ++next;
    } while (next > 0 && at(next) == quote);
  }

  private void escapedString() {
    position++;
    while (position < sql.length()) {
      char c = sql.charAt(position);
      if (c == '\\') {
        position += 2;
      } else if (c == '\'') {
        position++;
        if (at(position) != '\'') {
          return;
        }
        position++;
      } else {
        position++;
      }
    }
    position = sql.length();
  }

  /** Steps over {@code $tag$ … $tag$}, or over the dollar alone where none begins (a parameter). */
  private boolean dollarQuoted() {
    int tag = position + 1;
    if (tag < sql.length() && isWordStart(sql.charAt(tag))) {
      while (tag < sql.length() && isWordPart(sql.charAt(tag)) && sql.charAt(tag) != '$') {
        tag++;
      }
    }
    if (at(tag) != '$') {
      position++;
      return false;
    }
    String delimiter = sql.substring(position, tag + 1);
    int close = sql.indexOf(delimiter, tag + 1);
    position = close < 0 ? sql.length() : close + delimiter.length();
    return true;
  }

  /** The character there; NUL past the end. */
  private char at(int index) {
    return index < sql.length() ? sql.charAt(index) : 0;
  }

  private static boolean isWordStart(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || (c >= 0x80 && !isSpace(c));
  }

  private static boolean isWordPart(char c) {
    return isWordStart(c) || (c >= '0' && c <= '9') || c == '$';
  }

  private static boolean isSpace(char c) {
    if (c < 0x80) {
      return c == ' ' || (c >= '\t' && c <= '\r');
    }
    return c == 0xA0
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000
        || c == 0xFEFF
        || (c >= 0x2000 && c <= 0x200F);
  }
}
