package io.haduck.core.internal.concurrent;

import io.haduck.core.UnavailableException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
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
  private final BooleanSupplier ended;

  private Retries(int attempts, Supplier<Backoff> backoffs, BooleanSupplier ended) {
    this.attempts = attempts;
    this.backoffs = backoffs;
    this.ended = ended;
  }

  /**
   * So many attempts.
   *
   * @param backoffs a new one for each use
   */
  public static Retries of(int attempts, Supplier<Backoff> backoffs) {
    return of(attempts, backoffs, () -> false);
  }

  /**
   * So many attempts, and none any more once something has ended.
   *
   * @param backoffs a new one for each use
   * @param ended asked after each attempt that got no answer
   */
  public static Retries of(int attempts, Supplier<Backoff> backoffs, BooleanSupplier ended) {
    return new Retries(attempts, backoffs, ended);
  }

  /** A single attempt: of what tries again by itself, or is not worth while. */
  public static Retries once() {
    return of(1, () -> new Backoff(Duration.ofNanos(1), Duration.ofNanos(1), new Random(0)));
  }

  /** As many as there is time for, which is the caller's to say. */
  public static Retries unlimited(Supplier<Backoff> backoffs) {
    return of(Integer.MAX_VALUE, backoffs);
  }

  /**
   * Does it.
   *
   * @throws UnavailableException that of the last attempt
   */
  public <T> T run(Supplier<T> attempt) {
    return runWhile(attempt, () -> Long.MAX_VALUE);
  }

  /**
   * Does it.
   *
   * @param enough asked after each attempt that got no answer: whether it was the last
   * @throws UnavailableException that of the last attempt
   */
  public <T> T run(Supplier<T> attempt, BooleanSupplier enough) {
    return runWhile(attempt, () -> enough.getAsBoolean() ? 0 : Long.MAX_VALUE);
  }

  /**
   * Does it, the last time when the time is over.
   *
   * @param nanosLeft asked after each attempt that got no answer; 0 or less if it was the last
   * @throws UnavailableException that of the last attempt
   */
  public <T> T runWhile(Supplier<T> attempt, LongSupplier nanosLeft) {
    Backoff backoff = backoffs.get();
    for (int made = 1; ; made++) {
      long left;
      try {
        return attempt.get();
      } catch (UnavailableException e) {
        left = nanosLeft.getAsLong();
        if (made >= attempts
            || left <= 0
            || ended.getAsBoolean()
            || Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
      LockSupport.parkNanos(Math.min(left, backoff.next().toNanos()));
    }
  }
}
