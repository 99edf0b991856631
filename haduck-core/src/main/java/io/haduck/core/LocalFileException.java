package io.haduck.core;

import org.jspecify.annotations.Nullable;

/** The local file system failed or refused: disk full, no permission, a file that is in the way. */
public final class LocalFileException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public LocalFileException(String message) {
    super(message);
  }

  /** As {@link #LocalFileException(String)}, with what caused it. */
  public LocalFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
