package io.haduck.core.internal.log;

/** Is told how far the reading of a log has come. */
@FunctionalInterface
public interface LoadProgress {
  /** Nobody wants to know. */
  LoadProgress NONE = (seq, lastSeq) -> {};

  /**
   * A changeset has been applied; called by the reading thread.
   *
   * @param seq of that changeset
   * @param lastSeq at which reading will end
   */
  void applied(long seq, long lastSeq);
}
