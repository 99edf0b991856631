package io.haduck.core;

import org.jspecify.annotations.Nullable;

/** A setting is missing, misspelt or contradicts another. */
public final class InvalidConfigurationException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public InvalidConfigurationException(String message) {
    super(message);
  }

  /** As {@link #InvalidConfigurationException(String)}, with what caused it. */
  public InvalidConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
