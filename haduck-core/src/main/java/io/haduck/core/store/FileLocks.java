package io.haduck.core.store;

import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Mutual exclusion over one lock file, among the threads of this JVM and among processes.
 *
 * <p>Threads wait for a lock in this JVM, one per lock file, whichever store object they use; then
 * the first of them tries to get the {@link LockFile}, which other class loaders share too.
 *
 * <p>Waiting is bounded, since the holder may be a process that is stopped, and ends when the
 * thread is interrupted; without anybody to wait for, an interrupted thread gets the lock like any
 * other.
 */
final class FileLocks {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(2);

  /** By the lock file's real path; one entry per replica that this JVM ever wrote to. */
  private static final ConcurrentHashMap<Path, ReentrantLock> IN_JVM = new ConcurrentHashMap<>();

  private FileLocks() {}

  /** What is done under the lock. */
  @FunctionalInterface
  interface Locked<T> {
    T run() throws IOException;
  }

  /**
   * Runs {@code action} while holding the lock.
   *
   * @param lockFile created if need be, never deleted; its directory exists
   * @throws UnavailableException if the lock could not be had in time, or before an interruption
   */
  static <T> T holding(Path lockFile, Ticker ticker, Locked<T> action) throws IOException {
    T done = holdingWithin(PATIENCE, lockFile, ticker, action);
    if (done == null) {
      throw unavailable(lockFile);
    }
    return done;
  }

  /**
   * Runs {@code action} while holding the lock, if that can be had.
   *
   * @param patience how long to wait for it
   * @return null if it could not be had in time, or before an interruption; then nothing was run
   */
  static <T> @Nullable T holdingWithin(
      Duration patience, Path lockFile, Ticker ticker, Locked<T> action) throws IOException {
    long deadline = ticker.nanos() + patience.toNanos();
    Path parent = lockFile.toAbsolutePath().getParent();
    Path identity = parent == null ? lockFile : parent.toRealPath().resolve(lockFile.getFileName());
    ReentrantLock inJvm = IN_JVM.computeIfAbsent(identity, file -> new ReentrantLock());
    if (!inJvm.tryLock() && !lockInTime(inJvm, deadline - ticker.nanos())) {
      return null;
    }
    try {
      LockFile held = inProcesses(lockFile, ticker, deadline);
      if (held == null) {
        return null;
      }
      try {
        return action.run();
      } finally {
        held.close();
      }
    } finally {
      inJvm.unlock();
    }
  }

  private static @Nullable LockFile inProcesses(Path lockFile, Ticker ticker, long deadline)
      throws IOException {
    while (true) {
      LockFile taken = LockFile.tryTake(lockFile).taken();
      if (taken != null) {
        return taken;
      }
      if (Thread.currentThread().isInterrupted() || ticker.nanos() - deadline >= 0) {
        return null;
      }
      LockSupport.parkNanos(FileLocks.class, POLL.toNanos());
    }
  }

  private static boolean lockInTime(ReentrantLock lock, long nanos) {
    try {
      return lock.tryLock(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static UnavailableException unavailable(Path lockFile) {
    return new UnavailableException(
        Thread.currentThread().isInterrupted()
            ? "interrupted while waiting for the lock " + lockFile
            : "waited "
                + PATIENCE.toSeconds()
                + " s for the lock "
                + lockFile
                + ", which another thread or process holds; if that process is stopped or hangs,"
                + " end it");
  }
}
