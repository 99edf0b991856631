package io.haduck.core.internal.duckdb;

import java.io.IOException;

/**
 * A checkpoint ended while the file was read, so what was read belongs to no single iteration: read
 * the headers again and start over.
 */
public final class HeaderMovedException extends IOException {
  private static final long serialVersionUID = 1L;

  HeaderMovedException(String message) {
    super(message);
  }
}
