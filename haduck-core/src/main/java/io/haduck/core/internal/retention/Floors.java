package io.haduck.core.internal.retention;

/**
 * From where on a log is kept without gaps. Below, only single states exist, whatever keys lie
 * there. They only rise.
 *
 * @param wholeFrom every checkpoint from this seq on is kept
 * @param walFrom every state from this seq on is kept
 */
public record Floors(long wholeFrom, long walFrom) {
  /** Of a log that was never swept. */
  public static final Floors NONE = new Floors(0, 0);

  /**
   * Checks the order.
   *
   * @throws IllegalArgumentException if commits are kept for longer than checkpoints
   */
  public Floors {
    if (wholeFrom < 0 || walFrom < wholeFrom) {
      throw new IllegalArgumentException("floors " + wholeFrom + " and " + walFrom);
    }
  }
}
