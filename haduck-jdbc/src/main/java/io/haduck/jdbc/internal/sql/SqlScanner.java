package io.haduck.jdbc.internal.sql;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads SQL text as far as haduck must understand it: where statements end and what kind they are.
 * One pass, no allocation but for the first keyword.
 *
 * <p>What it finds is a hint: a view, an EXECUTE or a macro can hide anything. Confined to one
 * thread.
 */
public final class SqlScanner {
  private static final Set<String> READING =
      Set.of("SELECT", "FROM", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "SUMMARIZE", "WITH");

  /** Change data or the catalog, and leave an open transaction open. */
  private static final Set<String> CHANGING =
      Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP", "ALTER", "COPY");

  /** Behind WITH they make the statement write, wherever they stand. */
  private static final List<String> CHANGING_BEHIND_WITH =
      List.of("INSERT", "UPDATE", "DELETE", "MERGE");

  /**
   * All else of which is known that it leaves an open transaction open, and is no transaction's.
   */
  private static final Set<String> STAYING =
      Set.of(
          "EXPLAIN",
          "SET",
          "RESET",
          "USE",
          "EXECUTE",
          "PREPARE",
          "DEALLOCATE",
          "CALL",
          "PRAGMA",
          "CHECKPOINT",
          "FORCE",
          "ATTACH",
          "DETACH",
          "LOAD",
          "INSTALL",
          "ANALYZE",
          "VACUUM",
          "PIVOT",
          "UNPIVOT",
          "COMMENT",
          "EXPORT");

  /** What they name is bound, but not run. */
  private static final Set<String> DESCRIBING = Set.of("SHOW", "DESCRIBE", "DESC");

  /** Words of a query of nothing but literals. */
  private static final Set<String> PLAIN = Set.of("SELECT", "VALUES", "TRUE", "FALSE", "NULL");

  /** What {@link DatabaseCommands} must read closely: databases, and what is none of DuckDB's. */
  private static final Set<String> OF_DATABASES =
      Set.of(
          "ATTACH", "DETACH", "CHECKPOINT", "FORCE", "LOAD", "INSTALL", "USE", "ROLLBACK", "ABORT");

  private final SqlTokens tokens;
  private SqlKind kind = SqlKind.NOTHING;
  private boolean databases;
  private boolean streams;
  private ReplayRisk risk = ReplayRisk.NONE;
  private int statements;
  private TransactionEffect effect = TransactionEffect.NONE;

  /** Of all statements but the last one. */
  private TransactionEffect effectBefore = TransactionEffect.NONE;

  private TransactionEffect last = TransactionEffect.NONE;

  /** The last one may stand for several, which are run while it is prepared. */
  private boolean expands;

  private SqlScanner(String sql) {
    this.tokens = new SqlTokens(sql);
  }

  /** What a text is likely to do; null, which DuckDB refuses, does nothing. */
  static SqlKind scan(@Nullable String sql) {
    return read(sql).kind();
  }

  /** What is known of a text; null, which DuckDB refuses, does nothing. */
  public static SqlText read(@Nullable String sql) {
    if (sql == null) {
      return SqlText.NOTHING;
    }
    var scanner = new SqlScanner(sql);
    while (!scanner.tokens.atEnd()) {
      scanner.statement();
    }
    return new SqlText(
        scanner.statements == 0 ? SqlKind.WRITES : scanner.kind,
        scanner.statements > 1,
        scanner.databases,
        scanner.streams,
        scanner.risk,
        scanner.statements == 0 ? TransactionEffect.ANYTHING : scanner.effect,
        scanner.statements == 0 ? TransactionEffect.ANYTHING : scanner.last,
        scanner.expands ? scanner.effect : scanner.effectBefore);
  }

  /** Reads one statement and the semicolon behind it. */
  private void statement() {
    int first = tokens.next();
    while (first == '(') {
      first = tokens.next();
    }
    if (first == SqlTokens.END || first == ';') {
      return;
    }
    statements++;
    int start = tokens.start();
    int end = tokens.end();
    String keyword = first == SqlTokens.WORD ? tokens.text().toUpperCase(Locale.ROOT) : "";
    boolean explains = keyword.equals("EXPLAIN");
    boolean pragma = keyword.equals("PRAGMA");
    boolean with = keyword.equals("WITH");
    boolean sets = keyword.equals("SET");
    RiskyWords risky = RiskyWords.of(keyword);
    boolean plain = PLAIN.contains(keyword);
    boolean unread = keyword.equals("EXPLAIN") || DESCRIBING.contains(keyword);
    boolean alias = false;
    SqlKind before = kind;
    kind = kindOf(keyword);
    TransactionEffect own = effectOf(keyword);
    databases |= OF_DATABASES.contains(keyword);
    boolean force = keyword.equals("FORCE");
    // A word that may be the name of a checkpointing function, if a parenthesis follows.
    boolean name = isCheckpointName(start, end);
    for (int token = tokens.next(); token != SqlTokens.END && token != ';'; token = tokens.next()) {
      if (token == '(' && name) {
        is(SqlKind.CHECKPOINTS);
      }
      name = false;
      plain = plain && (isPlain(token) || alias);
      alias = token == SqlTokens.WORD && tokens.is("AS");
      boolean forces = force;
      force = false; // only as the very next word
      if (token == SqlTokens.WORD || token == SqlTokens.NAME) {
        int from = token == SqlTokens.NAME ? tokens.start() + 1 : tokens.start();
        int to = token == SqlTokens.NAME ? tokens.end() - 1 : tokens.end();
        name = isCheckpointName(from, to);
        if (risky != null && token == SqlTokens.WORD) {
          risky.word(tokens);
        }
        if (name) {
          is(pragma || explains || forces ? SqlKind.CHECKPOINTS : SqlKind.WRITES);
        } else if (tokens.isWord(from, to, "NEXTVAL")) {
          is(SqlKind.CHANGES);
        } else if (explains && tokens.isWord(from, to, "ANALYZE")) {
          is(SqlKind.WRITES);
        } else if (pragma && tokens.isWord(from, to, "IMPORT_DATABASE")) {
          own = TransactionEffect.ANYTHING; // whatever its files say
        } else if (sets && tokens.isWord(from, to, "JDBC_STREAM_RESULTS")) {
          streams = true;
        } else if (with && token == SqlTokens.WORD && changesBehindWith(from, to)) {
          is(SqlKind.CHANGES);
        }
      }
    }
    risk = risky == null ? risk : risk.and(risky.risk());
    if (kind == SqlKind.READS && (plain || unread)) {
      kind = SqlKind.NOTHING;
    }
    ended(kind.onlyReads() ? TransactionEffect.NONE : own);
    is(before);
  }

  private void ended(TransactionEffect own) {
    effectBefore = effect;
    last = own;
    effect = effect.then(own);
    expands = kind == SqlKind.WRITES && !own.endsOrBegins();
  }

  /** Whether a token by itself names nothing: a part of a query of literals. */
  private boolean isPlain(int token) {
    return switch (token) {
      case SqlTokens.LITERAL, ',', '(', ')', '?', '.' -> true;
      case SqlTokens.WORD ->
          PLAIN.contains(tokens.text().toUpperCase(Locale.ROOT)) || tokens.is("AS");
      default -> token >= '0' && token <= '9';
    };
  }

  private static TransactionEffect effectOf(String keyword) {
    return switch (keyword) {
      case "BEGIN", "START" -> TransactionEffect.BEGINS;
      case "COMMIT", "END" -> TransactionEffect.COMMITS;
      case "ROLLBACK", "ABORT" -> TransactionEffect.ROLLS_BACK;
      default ->
          READING.contains(keyword) || CHANGING.contains(keyword) || STAYING.contains(keyword)
              ? TransactionEffect.CHANGES
              : TransactionEffect.ANYTHING;
    };
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
      if (tokens.isWord(from, to, word)) {
        return true;
      }
    }
    return false;
  }

  private boolean isCheckpointName(int from, int to) {
    return tokens.isWord(from, to, "CHECKPOINT") || tokens.isWord(from, to, "FORCE_CHECKPOINT");
  }
}
