package io.haduck.core;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Does something again while the store does not answer, with growing pauses. An interrupt ends the
 * waiting, and stays set. Safe for any thread.
 *
 * <p>An append is none of its users: what became of the last attempt decides what may follow, see
 * {@code Appender}.
 */
public final class Retries {
  private final int attempts;
  private final Supplier<Backoff> backoffs;

  private Retries(int attempts, Supplier<Backoff> backoffs) {
    this.attempts = attempts;
    this.backoffs = backoffs;
  }

  /**
   * So many attempts.
   *
   * @param backoffs a new one for each use
   */
  public static Retries of(int attempts, Supplier<Backoff> backoffs) {
    return new Retries(attempts, backoffs);
  }

  /** As many as there is time for, which is the caller's to say. */
  public static Retries unlimited(Supplier<Backoff> backoffs) {
    return new Retries(Integer.MAX_VALUE, backoffs);
  }

  /**
   * Does it.
   *
   * @throws UnavailableException that of the last attempt
   */
  public <T> T run(Supplier<T> attempt) {
    return run(attempt, () -> false);
  }

  /**
   * Does it.
   *
   * @param enough asked after each attempt that got no answer: whether it was the last
   * @throws UnavailableException that of the last attempt
   */
  public <T> T run(Supplier<T> attempt, BooleanSupplier enough) {
    Backoff backoff = backoffs.get();
    for (int made = 1; ; made++) {
      try {
        return attempt.get();
      } catch (UnavailableException e) {
        if (made >= attempts || enough.getAsBoolean() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
      LockSupport.parkNanos(backoff.next().toNanos());
    }
  }
}
