package io.haduck.core.lease;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * Whether the holder could do without the lease. Thread-safe; nothing here waits for the store, so
 * that a connection that is opened again does not either.
 */
final class IdleWish {
  private final long afterNanos;

  @GuardedBy("this")
  private @Nullable Long sinceNanos;

  @GuardedBy("this")
  private boolean granted;

  IdleWish(long afterNanos) {
    this.afterNanos = afterNanos;
  }

  synchronized void begin(long nowNanos) {
    if (sinceNanos == null) {
      sinceNanos = nowNanos;
    }
  }

  /** Returns whether the lease was given up, or is just about to be. */
  synchronized boolean end() {
    sinceNanos = null;
    return granted;
  }

  /** The lease is the holder's again. */
  synchronized void over() {
    granted = false;
  }

  /** Returns whether it is given up now; at once if somebody knocks. */
  synchronized boolean grant(long nowNanos, boolean knocked) {
    if (sinceNanos != null && (knocked || nowNanos - sinceNanos >= afterNanos)) {
      granted = true;
      return true;
    }
    return false;
  }

  /** Returns until when it need not be asked again. */
  synchronized long nanosLeft(long nowNanos) {
    return sinceNanos == null ? Long.MAX_VALUE : Math.max(0, sinceNanos + afterNanos - nowNanos);
  }
}
