package io.haduck.core;

/**
 * What was committed at some moment, to tell whether a call has committed something since.
 *
 * @param position of the database then
 * @param draws how many commits of nothing but sequence values were seen until then, in this JVM;
 *     meaningless but for being compared
 * @param commits how many the write-ahead log held then
 */
public record CommitMark(DatabasePosition position, long draws, long commits) {

  /** Returns whether anybody committed anything between that moment and this one. */
  public boolean movedSince(CommitMark before) {
    return !position.equals(before.position);
  }

  /**
   * Returns whether anybody committed nothing but sequence values, as a statement does that only
   * reads.
   */
  public boolean drewSince(CommitMark before) {
    return draws != before.draws;
  }
}
