package io.haduck.jdbc.internal.sql;

import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.settings.Settings;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the statements that name databases: {@code ATTACH 'haduck:…'}, which is rewritten to the
 * local path, {@code CHECKPOINT db}, {@code DETACH db}; and {@code LOAD haduck}, which becomes a
 * statement that does nothing. The rest of the text stays as it is, byte for byte.
 *
 * <p>Whatever it does not understand is left to DuckDB. For one text, confined to one thread.
 */
public final class DatabaseCommands {
  /** As LOAD, it has no result, needs no transaction, and is allowed under lock_configuration. */
  private static final String NO_OPERATION = "RESET VARIABLE haduck_is_loaded";

  private static final Set<String> BEFORE_PATH =
      Set.of("DATABASE", "IF", "NOT", "EXISTS", "OR", "REPLACE");
  private static final Set<String> WRITING = Set.of("automatic", "read_write");

  /**
   * Options with which DuckDB writes to the file and its log as ever; see docs/reference/sql.md.
   */
  private static final Set<String> HARMLESS =
      Set.of(
          "block_size",
          "compress",
          "default_table",
          "row_group_size",
          "storage_version",
          "vacuum_rebuild_indexes");

  private static final Set<String> TRUE = Set.of("true", "1", "on", "yes", "t", "y");
  private static final Set<String> FALSE = Set.of("false", "0", "off", "no", "f", "n");

  private final String sql;
  private final Settings ofConnection;
  private final Predicate<String> replicated;
  private final SqlTokens tokens;
  private final List<AttachTarget> attaches = new ArrayList<>();
  private final StringBuilder rewritten = new StringBuilder();

  /** Up to here the text is in {@code rewritten}. */
  private int copied;

  private int attachedLast;
  private boolean changesDatabases;
  private boolean detachesOnly = true;
  private DatabaseNames checkpoints = DatabaseNames.NONE;

  private DatabaseCommands(String sql, Settings ofConnection, Predicate<String> replicated) {
    this.replicated = replicated;
    this.sql = sql;
    this.ofConnection = ofConnection;
    this.tokens = new SqlTokens(sql);
  }

  /**
   * Reads a text.
   *
   * @param ofConnection settings of the connection that is to run it
   * @param replicated whether the file that DuckDB would open by a name has a replica, and is open
   * @throws SQLException if it attaches a database by haduck in a way that cannot be
   */
  public static SqlCommand read(String sql, Settings ofConnection, Predicate<String> replicated)
      throws SQLException {
    SqlText text = SqlScanner.read(sql);
    return text.databases()
        ? read(sql, text, ofConnection, replicated)
        : new SqlCommand(
            sql,
            text,
            List.of(),
            0,
            false,
            false,
            text.kind() == SqlKind.CHECKPOINTS ? DatabaseNames.ALL : DatabaseNames.NONE);
  }

  private static SqlCommand read(
      String sql, SqlText text, Settings ofConnection, Predicate<String> replicated)
      throws SQLException {
    var commands = new DatabaseCommands(sql, ofConnection, replicated);
    try {
      while (!commands.tokens.atEnd()) {
        commands.statement();
      }
    } catch (HaduckException e) {
      throw SqlErrors.attaching(e);
    }
    return commands.command(text);
  }

  private SqlCommand command(SqlText text) {
    return new SqlCommand(
        copied == 0 ? sql : rewritten + sql.substring(copied),
        text,
        List.copyOf(attaches),
        attachedLast,
        changesDatabases,
        detachesOnly,
        checkpoints);
  }

  private void statement() {
    int token = tokens.next();
    if (token == SqlTokens.END || token == ';') {
      return;
    }
    int from = tokens.start();
    attachedLast = 0;
    boolean detaches = false;
    boolean names = false;
    if (token == SqlTokens.WORD) {
      if (tokens.is("ATTACH")) {
        changesDatabases = true;
        token = attach(tokens.next());
      } else if (tokens.is("DETACH")) {
        changesDatabases = true;
        detaches = true;
      } else if (tokens.is("USE")) {
        detaches = true;
      } else if (tokens.is("ROLLBACK") || tokens.is("ABORT")) {
        changesDatabases = true; // DuckDB detaches what the transaction has attached
      } else if (tokens.is("FORCE")) {
        token = tokens.next();
        if (token == SqlTokens.WORD && tokens.is("CHECKPOINT")) {
          names = true;
          token = checkpoint();
        } else if (token == SqlTokens.WORD && tokens.is("INSTALL")) {
          token = extension(from);
        }
      } else if (tokens.is("CHECKPOINT")) {
        names = true;
        token = checkpoint();
      } else if (tokens.is("LOAD") || tokens.is("INSTALL")) {
        token = extension(from);
      }
    }
    detachesOnly &= detaches;
    while (token != SqlTokens.END && token != ';') {
      token = tokens.next();
    }
    if (!names && SqlScanner.scan(sql.substring(from, tokens.start())) == SqlKind.CHECKPOINTS) {
      checkpoints = DatabaseNames.ALL; // a function, which may be given any name
    }
  }

  private void replace(int from, int to, String by) {
    rewritten.append(sql, copied, from).append(by);
    copied = to;
  }

  // --- CHECKPOINT [name]

  private int checkpoint() {
    int token = tokens.next();
    if (token == SqlTokens.WORD || token == SqlTokens.NAME) {
      checkpoints = checkpoints.and(DatabaseNames.of(identifier(token)));
    } else {
      checkpoints = checkpoints.and(DatabaseNames.CURRENT);
    }
    return token;
  }

  // --- LOAD haduck, INSTALL haduck

  private int extension(int from) {
    int token = tokens.next();
    boolean ours =
        (token == SqlTokens.WORD || token == SqlTokens.NAME || token == SqlTokens.LITERAL)
            && "haduck".equalsIgnoreCase(unquoted(token));
    int to = tokens.end();
    while (token != SqlTokens.END && token != ';') {
      to = tokens.end();
      token = tokens.next();
    }
    if (ours) {
      replace(from, to, NO_OPERATION);
    }
    return token;
  }

  // --- ATTACH 'haduck:…' AS name (options)

  private int attach(int first) {
    int token = first;
    while (token == SqlTokens.WORD
        && BEFORE_PATH.contains(tokens.text().toUpperCase(Locale.ROOT))) {
      token = tokens.next();
    }
    if (token != SqlTokens.LITERAL && token != SqlTokens.NAME) {
      return token;
    }
    String path = unquoted(token);
    if (path == null) {
      return token;
    }
    boolean ours = path.startsWith(AttachTarget.PREFIX);
    int from = tokens.start();
    int to = tokens.end();
    token = tokens.next();
    String alias = null;
    if (token == SqlTokens.WORD && tokens.is("AS")) {
      alias = identifier(tokens.next());
      token = tokens.next();
    }
    var options = new Options();
    if (token == '(') {
      token = options.read();
    } else if (ours && token != SqlTokens.END && token != ';') {
      // DuckDB's error would show the text, which may hold secrets.
      throw new InvalidConfigurationException(
          "what follows the path in ATTACH 'haduck:…' is not understood; write ATTACH 'haduck:/path' AS name (options)");
    }
    if (ours) {
      attach(target(path), from, to, alias, options);
    } else {
      options.requireLoggedIfReplicated(path);
    }
    return token;
  }

  private AttachTarget target(String path) {
    try {
      return AttachTarget.read(path, ofConnection);
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot find "
              + path.substring(AttachTarget.PREFIX.length()).replaceFirst(";.*", "")
              + ": "
              + e,
          e);
    }
  }

  private void attach(
      AttachTarget target, int from, int to, @Nullable String alias, Options options) {
    String literal = "'" + target.path().toString().replace("'", "''") + "'";
    if (alias == null && target.renamed()) {
      literal += " AS " + DatabaseNames.quoted(target.givenName());
    }
    replace(from, to, literal);
    options.requireClear(target);
    if (!options.readOnly) {
      options.requirePlain(target);
      attaches.add(alias == null ? target : target.as(alias));
      attachedLast = 1;
    }
  }

  /** What stands in parentheses behind the path. */
  private final class Options {
    private boolean readOnly;
    private boolean unclear;
    private boolean unlogged;
    private @Nullable String unsupported;

    /** Reads up to the closing parenthesis, and returns the token behind it. */
    int read() {
      int token = tokens.next();
      while (token != ')' && token != SqlTokens.END) {
        String key = token == SqlTokens.WORD || token == SqlTokens.NAME ? name(token) : "";
        token = tokens.next();
        String value = "true";
        int words = 0;
        int depth = 0;
        while (token != SqlTokens.END && (depth > 0 || (token != ')' && token != ','))) {
          depth += token == '(' ? 1 : token == ')' ? -1 : 0;
          value = name(token);
          words++;
          token = tokens.next();
        }
        option(key, words > 1 ? "(" : value);
        if (token == ',') {
          token = tokens.next();
        }
      }
      return token == ')' ? tokens.next() : token;
    }

    private String name(int token) {
      String text = unquoted(token);
      return text == null ? "" : DatabaseNames.key(text);
    }

    private void option(String key, String value) {
      switch (key) {
        case "read_only", "readonly" -> readOnly = flag(value);
        case "read_write", "readwrite" -> readOnly = !flag(value);
        case "access_mode" -> {
          readOnly = value.equals("read_only");
          unclear |= !readOnly && !WRITING.contains(value);
        }
        case "type" -> {
          if (!value.equals("duckdb")) {
            unsupported = "a database of another type";
          }
        }
        case "encryption_key", "encryption_cipher" -> unsupported = "an encrypted database";
        case "recovery_mode" -> {
          if (!value.equals("default")) {
            unlogged = true;
            unsupported = "a database without a write-ahead log (RECOVERY_MODE)";
          }
        }
        case "hidden" -> {
          if (!FALSE.contains(value)) {
            unsupported = "a database that DuckDB does not list (HIDDEN)";
          }
        }
        default -> {
          if (!HARMLESS.contains(key)) {
            unsupported = "a database with the option '" + key + "', which haduck does not know,";
          }
        }
      }
    }

    private boolean flag(String value) {
      unclear |= !TRUE.contains(value) && !FALSE.contains(value);
      return TRUE.contains(value);
    }

    private void requireClear(AttachTarget target) {
      if (unclear) {
        throw new InvalidConfigurationException(
            target.path()
                + " cannot be attached with haduck: whether it is only to be read must be said by READ_ONLY, or by"
                + " READ_ONLY true or false");
      }
    }

    /** A main database can be detached and attached again, without haduck: as far as SQL shows. */
    private void requireLoggedIfReplicated(String path) {
      if (unlogged && replicated.test(path)) {
        throw new InvalidConfigurationException(
            path
                + " is replicated, and with RECOVERY_MODE DuckDB writes no write-ahead log, so that commits would not be"
                + " on the replica; attach it without that option");
      }
    }

    private void requirePlain(AttachTarget target) {
      if (unsupported != null && target.settings().replica() != null) {
        throw new InvalidConfigurationException(
            target.path()
                + " cannot be attached with haduck: "
                + unsupported
                + " cannot be replicated; attach it without haduck:");
      }
    }
  }

  // --- tokens

  /** The last token without its quotes; null if that takes more than taking them off. */
  private @Nullable String unquoted(int token) {
    if (token != SqlTokens.LITERAL) {
      return identifier(token);
    }
    String text = tokens.text();
    if (text.startsWith("'")) {
      return inner(text, 1).replace("''", "'");
    }
    if (text.startsWith("$")) {
      return inner(text, text.indexOf('$', 1) + 1);
    }
    return text.contains("\\") ? null : inner(text.substring(1), 1).replace("''", "'");
  }

  private String identifier(int token) {
    String text = tokens.text();
    return token == SqlTokens.NAME ? inner(text, 1).replace("\"\"", "\"") : text;
  }

  private static String inner(String text, int quoteLength) {
    return text.length() < 2 * quoteLength
        ? ""
        : text.substring(quoteLength, text.length() - quoteLength);
  }
}
