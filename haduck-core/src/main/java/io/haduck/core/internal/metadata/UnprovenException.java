package io.haduck.core.internal.metadata;

/** What was read is not what this package knows; its message says what was found and where. */
final class UnprovenException extends Exception {
  private static final long serialVersionUID = 1L;

  UnprovenException(String message) {
    super(message, null, false, false);
  }
}
