package io.haduck.jdbc.internal.sql;

/**
 * Whether a statement is of a kind that DuckDB is known not to replay from its write-ahead log, or
 * to replay to something else; from the least to the most. What is known, and of which version,
 * stands in docs/reference/duckdb.md.
 */
public enum ReplayRisk {
  /** Nothing is known of it. */
  NONE,
  /** With DuckDB 1.4 and 1.5. */
  BEFORE_2,
  /** With every version. */
  ALWAYS;

  /** Of both, one after the other. */
  public ReplayRisk and(ReplayRisk other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
