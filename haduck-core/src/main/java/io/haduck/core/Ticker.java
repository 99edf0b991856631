package io.haduck.core;

/**
 * A monotonic clock, so that tests can decide how time passes. Wall time is {@link
 * java.time.InstantSource}.
 */
@FunctionalInterface
public interface Ticker {
  /** Nanoseconds since some fixed moment; only differences mean anything. Safe for any thread. */
  long nanos();

  /** Returns the JVM's own monotonic clock. */
  static Ticker system() {
    return System::nanoTime;
  }
}
