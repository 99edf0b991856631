package io.haduck.core;

import org.jspecify.annotations.Nullable;

/** The object store answered that an object is not there. */
public final class MissingObjectException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public MissingObjectException(String message) {
    super(message);
  }

  /** As {@link #MissingObjectException(String)}, with what caused it. */
  public MissingObjectException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
