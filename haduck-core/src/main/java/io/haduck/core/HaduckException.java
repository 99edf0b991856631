package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * Root of haduck's errors, which are sorted by what the caller can do about them.
 *
 * <p>{@link UnavailableException}: try again later. {@link StoreAccessException}, {@link
 * InvalidConfigurationException}: correct the settings or permissions. {@link FencedException}:
 * open anew. {@link LeaseHeldException}: wait for the other process, or end it. {@link
 * DivergedException}: a person must decide. {@link CorruptDataException}: bytes do not verify, look
 * at the object or file that the message names. {@link UnsupportedDatabaseException}: this database
 * or platform cannot be replicated. {@link LocalFileException}: the local disk. {@link
 * UnopenedException}: DuckDB does not open it, its error says why.
 */
public abstract class HaduckException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HaduckException(String message) {
    super(message);
  }

  HaduckException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
