package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;

/**
 * A changeset is gone that others lead to. What was swept is not needed to read the head, and may
 * be needed to read what is before it.
 */
public final class MissingChangesetException extends CorruptDataException {
  private static final long serialVersionUID = 1L;

  MissingChangesetException(String message) {
    super(message);
  }
}
