package io.haduck.core;

/**
 * Whether this process may add to its replica now, by what it knows of others that would. Asked
 * before each append and before each acknowledgement. It is about manners: that two do not write is
 * decided by the log, append by append. Safe for any thread; an answer costs a few clock readings
 * and no waiting.
 */
@FunctionalInterface
public interface WritePermit {
  /** The answer that says yes. */
  Answer CONFIRMED = new Confirmed();

  /** Returns what holds at this moment. */
  Answer ask();

  /** Returns the permit of a writer that is the only one by somebody's word. */
  static WritePermit always() {
    return () -> CONFIRMED;
  }

  /** What holds. */
  sealed interface Answer {}

  /** This process is the writer, as far as anybody can know. */
  record Confirmed() implements Answer {}

  /**
   * It may be the writer and could not make sure of it: nothing is appended and nothing is
   * acknowledged, and local SQL goes on. It may be confirmed again.
   *
   * @param why a clause for people
   */
  record Unconfirmed(String why) implements Answer {}

  /**
   * Another one is the writer. Final.
   *
   * @param evidence says who has taken over, and since when
   */
  record Fenced(FencedException evidence) implements Answer {}
}
