package io.haduck.jdbc.internal.sql;

/** What SQL text is likely to do, as far as its words tell; from the least to the most. */
public enum SqlKind {
  /** Certainly writes nothing: it names nothing that could, or is not run but explained. */
  NOTHING,
  /**
   * Every statement begins with a word that only reads, and names nothing that is known to write;
   * what it calls or selects from may still draw sequence values.
   */
  READS,
  /**
   * Some statement may change data, and none can end a transaction: outside of one it commits, and
   * within one it certainly does not.
   */
  CHANGES,
  /** Anything else; may commit whatever is open. */
  WRITES,
  /** Some statement asks for a checkpoint. */
  CHECKPOINTS;

  /** What both texts together are likely to do. */
  public SqlKind and(SqlKind other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Whether it commits nothing but, perhaps, sequence values. */
  public boolean onlyReads() {
    return this == NOTHING || this == READS;
  }
}
