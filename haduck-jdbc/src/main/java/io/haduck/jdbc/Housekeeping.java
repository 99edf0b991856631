package io.haduck.jdbc;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * What serves all databases of this JVM: threads, and the hook at its end. Made with the first
 * database, and ended when none is left. Safe for any thread.
 */
final class Housekeeping {
  private final ScheduledThreadPoolExecutor scheduler;
  private final JvmShutdown atExit;
  private final LockWatch lockWatch;

  /**
   * Starts it.
   *
   * @param databases those that the end of the JVM must take care of
   */
  Housekeeping(JvmShutdown.Databases databases) {
    scheduler =
        new ScheduledThreadPoolExecutor(
            2,
            task -> {
              var thread = new Thread(task, "haduck-jdbc");
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setRemoveOnCancelPolicy(true);
    atExit = new JvmShutdown(databases);
    atExit.register();
    lockWatch = new LockWatch(databases, scheduler);
    lockWatch.start();
  }

  /** For lingering and for what must not be done on the replicator's thread. Daemon threads. */
  ScheduledExecutorService scheduler() {
    return scheduler;
  }

  /** Looks whether DuckDB's locks are there. */
  LockWatch lockWatch() {
    return lockWatch;
  }

  /** Whether whoever commits must wait until it is sent; see {@link JvmShutdown#isLastChance}. */
  boolean isLastChance() {
    return atExit.isLastChance();
  }

  /** Whether the JVM ends, and the hook is about to send what is left. */
  boolean sendsAtExit() {
    return JvmShutdown.hasBegun() && !isLastChance();
  }

  /** When no database is left. */
  void end() {
    atExit.unregister();
    scheduler.shutdownNow();
  }
}
