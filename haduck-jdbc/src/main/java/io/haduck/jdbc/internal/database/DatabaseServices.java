package io.haduck.jdbc.internal.database;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;

/** What an open database needs of what serves all of them. Safe for any thread. */
interface DatabaseServices {
  /**
   * For what must not be done on the replicator's thread. Two daemon threads serve all databases:
   * nothing that may take long is done on them; that is for {@link #later}.
   */
  ScheduledExecutorService scheduler();

  /**
   * Does something later that may take long, on a daemon thread of its own.
   *
   * @return to cancel it by, until it begins
   * @throws java.util.concurrent.RejectedExecutionException if no database is left
   */
  ScheduledFuture<?> later(Runnable work, long millis);

  /** Whether whoever commits must wait until it is sent, since the JVM is about to end. */
  boolean isLastChance();

  /** Whether the JVM ends, and its hook is about to send what is left. */
  boolean sendsAtExit();
}
