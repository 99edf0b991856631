package io.haduck.core.internal.metadata;

/** What was read is not what this package knows; its message says what was found and where. */
final class UnprovenException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  UnprovenException(String reason) {
    super(reason, null, false, false);
    this.reason = reason;
  }

  /** What was found, for people. */
  String reason() {
    return reason;
  }
}
