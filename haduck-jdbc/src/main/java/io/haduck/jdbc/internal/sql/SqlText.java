package io.haduck.jdbc.internal.sql;

/**
 * What is known of an SQL text.
 *
 * @param kind what it is likely to do
 * @param several whether it holds more than one statement; DuckDB's driver runs all but the last
 *     while it prepares them
 * @param databases whether some statement begins with a word that {@link DatabaseCommands} reads
 * @param streams whether some statement may switch streaming results on
 * @param risk whether some statement is of a kind that DuckDB is known not to replay
 * @param effect on transactions
 * @param last effect of its last statement alone, which a prepared statement runs
 * @param whilePreparing effect of what DuckDB's driver runs while it prepares the text
 */
public record SqlText(
    SqlKind kind,
    boolean several,
    boolean databases,
    boolean streams,
    ReplayRisk risk,
    TransactionEffect effect,
    TransactionEffect last,
    TransactionEffect whilePreparing) {

  /** What no text is known to do. */
  static final SqlText NOTHING =
      new SqlText(
          SqlKind.NOTHING,
          false,
          false,
          false,
          ReplayRisk.NONE,
          TransactionEffect.NONE,
          TransactionEffect.NONE,
          TransactionEffect.NONE);

  /** Whether preparing the text may commit something; some statements expand into several. */
  public boolean mayRunWhilePreparing() {
    return !kind.onlyReads() && (several || kind == SqlKind.WRITES);
  }

  /** What is left of it to be run once it is prepared. */
  public SqlText prepared() {
    return new SqlText(kind, several, databases, streams, risk, last, last, TransactionEffect.NONE);
  }

  /** Both, one after the other, as a batch runs them. */
  SqlText and(SqlText next) {
    return new SqlText(
        kind.and(next.kind),
        true,
        databases || next.databases,
        streams || next.streams,
        risk.and(next.risk),
        effect.then(next.effect),
        next.last,
        effect.then(next.whilePreparing));
  }
}
