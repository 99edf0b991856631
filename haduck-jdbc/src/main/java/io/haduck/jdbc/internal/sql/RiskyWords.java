package io.haduck.jdbc.internal.sql;

import org.jspecify.annotations.Nullable;

/**
 * Tells the {@link ReplayRisk} of a statement, word by word. For one statement, confined to one
 * thread.
 */
final class RiskyWords {
  /** What the words so far are about. */
  private enum Of {
    ALTER,
    CREATE,
    TABLE,
    SEQUENCE,
    /** Of which nothing is known. */
    OTHER
  }

  private Of of;
  private boolean type;
  private ReplayRisk risk = ReplayRisk.NONE;

  private RiskyWords(Of of) {
    this.of = of;
  }

  /**
   * For the rest of a statement.
   *
   * @param keyword its first word, in upper case
   * @return null if no such statement begins with it
   */
  static @Nullable RiskyWords of(String keyword) {
    return switch (keyword) {
      case "ALTER" -> new RiskyWords(Of.ALTER);
      case "CREATE" -> new RiskyWords(Of.CREATE);
      default -> null;
    };
  }

  /** The next word of it, which is the last token; not what stands in quotes. */
  void word(SqlTokens tokens) {
    switch (of) {
      case ALTER -> {
        of = tokens.is("TABLE") ? Of.TABLE : tokens.is("SEQUENCE") ? Of.SEQUENCE : Of.OTHER;
        // Much of it is bound anew by a replay: defaults, generated columns, structs, casts.
        risk = of == Of.TABLE ? ReplayRisk.BEFORE_2 : risk;
      }
      case CREATE -> {
        boolean between =
            tokens.is("OR") || tokens.is("REPLACE") || tokens.is("TEMP") || tokens.is("TEMPORARY");
        risk = tokens.is("TYPE") ? ReplayRisk.BEFORE_2 : risk;
        of = between ? of : Of.OTHER;
      }
      case TABLE -> {
        type |= tokens.is("TYPE");
        risk = type && tokens.is("USING") ? ReplayRisk.ALWAYS : risk;
      }
      case SEQUENCE -> risk = tokens.is("OWNED") ? ReplayRisk.ALWAYS : risk;
      case OTHER -> {
        // the rest says nothing
      }
    }
  }

  ReplayRisk risk() {
    return risk;
  }
}
