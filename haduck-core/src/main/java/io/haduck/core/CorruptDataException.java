package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * Bytes do not verify: a checksum, a digest or a structure is wrong. Never worked around by
 * guessing.
 */
public class CorruptDataException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says what is wrong, where, and what to do. */
  public CorruptDataException(String message) {
    super(message);
  }

  /** As {@link #CorruptDataException(String)}, with what caused it. */
  public CorruptDataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
