package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * This database, file format or platform cannot be replicated (yet); it can be used without a
 * replica.
 */
public final class UnsupportedDatabaseException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public UnsupportedDatabaseException(String message) {
    super(message);
  }

  /** As {@link #UnsupportedDatabaseException(String)}, with what caused it. */
  public UnsupportedDatabaseException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
