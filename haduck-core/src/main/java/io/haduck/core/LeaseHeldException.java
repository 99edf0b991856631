package io.haduck.core;

import org.jspecify.annotations.Nullable;

/**
 * Another process holds the lease of the replica, and did not let go of it in time. Nothing was
 * changed: wait until that process ends, end it, or let it hand over.
 */
public final class LeaseHeldException extends HaduckException {
  private static final long serialVersionUID = 1L;

  /** An error that says who holds it, where, and what to do. */
  public LeaseHeldException(String message) {
    super(message);
  }

  /** As {@link #LeaseHeldException(String)}, with what caused it. */
  public LeaseHeldException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
