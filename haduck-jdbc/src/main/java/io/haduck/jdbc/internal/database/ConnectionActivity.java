package io.haduck.jdbc.internal.database;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whether calls run on a connection, and who made the last one. Asked when the JVM ends. Safe for
 * any thread; a call costs two atomic additions.
 */
public final class ConnectionActivity {
  private final AtomicInteger running = new AtomicInteger();
  private volatile @Nullable Thread user;

  /** A call begins, which the same thread will {@link #end}. */
  public void begin() {
    Thread current = Thread.currentThread();
    if (user != current) {
      user = current;
    }
    running.incrementAndGet();
  }

  /** A call has returned, or failed. */
  public void end() {
    running.decrementAndGet();
  }

  /** Whether a call runs, one that waits for the store too. */
  public boolean running() {
    return running.get() > 0;
  }

  /** Whether a call runs beside that of the caller. */
  boolean runsMoreThanOne() {
    return running.get() > 1;
  }

  /** The thread that made the last call; null before the first. */
  public @Nullable Thread user() {
    return user;
  }
}
