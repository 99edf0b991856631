package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * Another writer has taken over the replica; this one may not add to it any more. Close the
 * database and open it anew, which looks at the local file and the log again.
 */
public final class FencedException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public FencedException(String message) {
    super(message);
  }

  /** As {@link #FencedException(String)}, with what caused it. */
  public FencedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
