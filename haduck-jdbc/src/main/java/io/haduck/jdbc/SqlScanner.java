package io.haduck.jdbc;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads SQL text as far as haduck must understand it: where statements end and what kind they are.
 * One pass, no allocation but for the first keyword.
 *
 * <p>Follows DuckDB's lexer: {@code ''} within strings, backslash escapes within {@code E''} only,
 * {@code ""} within quoted names, {@code $tag$} quotes, {@code --} comments to the end of a line,
 * nested block comments, and Unicode spaces. Of what DuckDB rejects it makes something harmless.
 *
 * <p>What it finds is a hint: a view, an EXECUTE or a macro can hide anything. Confined to one
 * thread.
 */
final class SqlScanner {
  private static final Set<String> READING =
      Set.of("SELECT", "FROM", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "SUMMARIZE", "WITH");

  /** Change data or the catalog, and leave an open transaction open. */
  private static final Set<String> CHANGING =
      Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP", "ALTER", "COPY");

  /** Behind WITH they make the statement write, wherever they stand. */
  private static final List<String> CHANGING_BEHIND_WITH =
      List.of("INSERT", "UPDATE", "DELETE", "MERGE");

  // Tokens that are not a single character.
  private static final int END = -1;
  private static final int WORD = -2;
  private static final int NAME = -3;
  private static final int LITERAL = -4;

  private final String sql;
  private int position;
  private int tokenStart;
  private SqlKind kind = SqlKind.READS;
  private int statements;

  private SqlScanner(String sql) {
    this.sql = sql;
  }

  /** What a text is likely to do; null, which DuckDB refuses, does nothing. */
  static SqlKind scan(@Nullable String sql) {
    return read(sql).kind();
  }

  /** What is known of a text; null, which DuckDB refuses, does nothing. */
  static SqlText read(@Nullable String sql) {
    if (sql == null) {
      return new SqlText(SqlKind.READS, false);
    }
    var scanner = new SqlScanner(sql);
    while (scanner.position < sql.length()) {
      scanner.statement();
    }
    return new SqlText(
        scanner.statements == 0 ? SqlKind.WRITES : scanner.kind, scanner.statements > 1);
  }

  /** Reads one statement and the semicolon behind it. */
  private void statement() {
    int first = token();
    while (first == '(') {
      first = token();
    }
    if (first == END || first == ';') {
      return;
    }
    statements++;
    int start = tokenStart;
    int end = position;
    String keyword = first == WORD ? sql.substring(start, end).toUpperCase(Locale.ROOT) : "";
    boolean explains = keyword.equals("EXPLAIN");
    boolean pragma = keyword.equals("PRAGMA");
    boolean with = keyword.equals("WITH");
    is(kindOf(keyword));
    boolean force = keyword.equals("FORCE");
    // A word that may be the name of a checkpointing function, if a parenthesis follows.
    boolean name = isCheckpointName(start, end);
    for (int token = token(); token != END && token != ';'; token = token()) {
      if (token == '(' && name) {
        is(SqlKind.CHECKPOINTS);
      }
      name = false;
      boolean forces = force;
      force = false; // only as the very next word
      if (token == WORD || token == NAME) {
        int from = token == NAME ? tokenStart + 1 : tokenStart;
        int to = token == NAME ? position - 1 : position;
        name = isCheckpointName(from, to);
        if (name) {
          is(pragma || explains || forces ? SqlKind.CHECKPOINTS : SqlKind.WRITES);
        } else if (isWord(from, to, "NEXTVAL")) {
          is(SqlKind.CHANGES);
        } else if (explains && isWord(from, to, "ANALYZE")) {
          is(SqlKind.WRITES);
        } else if (with && token == WORD && changesBehindWith(from, to)) {
          is(SqlKind.CHANGES);
        }
      }
    }
  }

  private static SqlKind kindOf(String keyword) {
    if (keyword.equals("CHECKPOINT")) {
      return SqlKind.CHECKPOINTS;
    }
    if (keyword.equals("EXPLAIN") || READING.contains(keyword)) {
      return SqlKind.READS;
    }
    return CHANGING.contains(keyword) ? SqlKind.CHANGES : SqlKind.WRITES;
  }

  /** Some statement of the text does at least this. */
  private void is(SqlKind atLeast) {
    kind = kind.and(atLeast);
  }

  private boolean changesBehindWith(int from, int to) {
    for (String word : CHANGING_BEHIND_WITH) {
      if (isWord(from, to, word)) {
        return true;
      }
    }
    return false;
  }

  private boolean isCheckpointName(int from, int to) {
    return isWord(from, to, "CHECKPOINT") || isWord(from, to, "FORCE_CHECKPOINT");
  }

  private boolean isWord(int from, int to, String word) {
    return to - from == word.length() && sql.regionMatches(true, from, word, 0, word.length());
  }

  /** Steps over one token: one of the constants, or its only character. */
  private int token() {
    skipSpace();
    if (position >= sql.length()) {
      return END;
    }
    tokenStart = position;
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
