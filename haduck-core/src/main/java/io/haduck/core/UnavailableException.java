package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * The object store, or something else outside this process, does not answer for now: try again
 * later.
 */
public final class UnavailableException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public UnavailableException(String message) {
    super(message);
  }

  /** As {@link #UnavailableException(String)}, with what caused it. */
  public UnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
