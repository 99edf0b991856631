package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * The local file and the replica are not states of one history, or it cannot be proven that they
 * are. Nothing has been changed on either side; a person must decide which one to keep.
 */
public final class DivergedException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public DivergedException(String message) {
    super(message);
  }

  /** As {@link #DivergedException(String)}, with what caused it. */
  public DivergedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
