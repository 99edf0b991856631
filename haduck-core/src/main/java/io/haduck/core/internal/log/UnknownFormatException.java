package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;

/**
 * An object of the log is of a format version, kind or section that this version of haduck does not
 * know. If a newer one wrote it: upgrade. If a pre-release did (version 0): begin a new replica.
 */
public final class UnknownFormatException extends CorruptDataException {
  private static final long serialVersionUID = 1L;

  /** An error that names the object, the offset, and what is unknown there. */
  public UnknownFormatException(String message) {
    super(message);
  }
}
