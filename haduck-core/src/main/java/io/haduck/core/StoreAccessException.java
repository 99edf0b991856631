package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * The object store answered and refuses: missing bucket, wrong credentials, a permission that the
 * policy does not grant. Trying again does not help until someone corrects it.
 */
public final class StoreAccessException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public StoreAccessException(String message) {
    super(message);
  }

  /** As {@link #StoreAccessException(String)}, with what caused it. */
  public StoreAccessException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
