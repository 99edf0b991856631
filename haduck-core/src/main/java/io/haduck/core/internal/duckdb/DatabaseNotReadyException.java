package io.haduck.core.internal.duckdb;

import java.io.IOException;

/**
 * The database file is being created: it is empty, or its headers are not complete yet. Look again
 * in a moment.
 */
public final class DatabaseNotReadyException extends IOException {
  private static final long serialVersionUID = 1L;

  DatabaseNotReadyException(String message) {
    super(message);
  }
}
