package io.haduck.core.internal.concurrent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waiting for threads of our own, which an interrupt of the waiting one must not leave behind. */
public final class Workers {
  private Workers() {}

  /**
   * Waits until a task has ended, whatever happens meanwhile; keeps the interrupt flag.
   *
   * @throws IOException the task's own
   * @throws RuntimeException the task's own
   */
  public static void join(Future<?> task) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          task.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true; // work is ended by closing what it belongs to, not by interrupts
        } catch (ExecutionException e) {
          rethrow(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until all threads of a pool that takes no more tasks have ended; keeps the flag. */
  public static void awaitEnd(ExecutorService threads) {
    boolean interrupted = Thread.interrupted();
    while (!threads.isTerminated()) {
      try {
        threads.awaitTermination(1, TimeUnit.HOURS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable cause) throws IOException {
    if (cause instanceof UncheckedIOException unchecked) {
      throw new IOException(unchecked.getMessage(), unchecked);
    }
    if (cause instanceof IOException io) {
      throw new IOException(io.getMessage(), io);
    }
    if (cause instanceof RuntimeException own) {
      throw own;
    }
    throw new IllegalStateException(cause);
  }
}
