package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * Another writer has taken over the replica; this one may not add to it any more. Close the
 * database and open it anew, which looks at the local file and the log again.
 */
public final class FencedException extends HaduckException {
  private static final long serialVersionUID = 1L;

  private final boolean settled;

  /** An error that says what is wrong, where, and what to do. */
  public FencedException(String message) {
    this(message, null);
  }

  /** As {@link #FencedException(String)}, with what caused it. */
  public FencedException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private FencedException(String message, @Nullable Throwable cause, boolean settled) {
    super(message, cause);
    this.settled = settled;
  }

  /** As {@link #FencedException(String, Throwable)}, where {@link #isSettled}. */
  public static FencedException settled(String message, @Nullable Throwable cause) {
    return new FencedException(message, cause, true);
  }

  /**
   * Returns whether nothing more of this writer is in the history that won than it was told of.
   * Else what it was just sending may have arrived before the other one came.
   */
  public boolean isSettled() {
    return settled;
  }
}
