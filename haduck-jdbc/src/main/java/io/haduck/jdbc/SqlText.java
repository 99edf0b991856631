package io.haduck.jdbc;

/**
 * What is known of an SQL text.
 *
 * @param kind what it is likely to do
 * @param several whether it holds more than one statement; DuckDB's driver runs all but the last
 *     while it prepares them
 * @param databases whether some statement begins with a word that {@link DatabaseCommands} reads
 */
record SqlText(SqlKind kind, boolean several, boolean databases) {
  /** Whether preparing the text may commit something; some statements expand into several. */
  boolean mayRunWhilePreparing() {
    return kind != SqlKind.READS && (several || kind == SqlKind.WRITES);
  }
}
