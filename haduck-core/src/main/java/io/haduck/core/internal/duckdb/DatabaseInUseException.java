package io.haduck.core.internal.duckdb;

import java.io.IOException;

/**
 * A database file cannot be locked for replacing it, because this process or another one has it
 * open. Close the connections to it and try again.
 */
public final class DatabaseInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  DatabaseInUseException(String message) {
    super(message);
  }
}
