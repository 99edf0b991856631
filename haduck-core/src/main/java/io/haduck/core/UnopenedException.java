package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * DuckDB was asked whether it opens a database, and does not; the cause is what it threw. Nothing
 * was written to the replica.
 */
public final class UnopenedException extends HaduckException {
  private static final long serialVersionUID = 1L;

  private final boolean ofContent;

  /**
   * An error that says what is wrong, where, and what to do.
   *
   * @param ofContent whether what is in the files is the reason, so that an earlier state may open;
   *     false for want of memory, of an extension, of access or of a newer DuckDB
   */
  public UnopenedException(String message, boolean ofContent, @Nullable Throwable cause) {
    super(message, cause);
    this.ofContent = ofContent;
  }

  /** Returns whether what is in the files is the reason, so that an earlier state may open. */
  public boolean ofContent() {
    return ofContent;
  }
}
