package io.haduck.jdbc.internal.database;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What serves all databases of this JVM: threads, and the hook at its end. Made with the first
 * database, and ended when none is left. Safe for any thread.
 */
final class Housekeeping implements DatabaseServices {
  private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
  private static final long IDLE_SECONDS = 10;

  private final ScheduledThreadPoolExecutor scheduler;

  /** Has a thread for whatever it is given; they end when they are idle. */
  private final ThreadPoolExecutor lasting;

  private final JvmShutdown atExit;
  private final LockWatch lockWatch;

  /**
   * Starts it.
   *
   * @param databases those that the end of the JVM must take care of
   */
  Housekeeping(JvmShutdown.Databases databases) {
    scheduler = new ScheduledThreadPoolExecutor(2, daemons("haduck-jdbc"));
    scheduler.setRemoveOnCancelPolicy(true);
    lasting =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            daemons("haduck-jdbc-lasting"));
    atExit = new JvmShutdown(databases);
    atExit.register();
    lockWatch = new LockWatch(databases, scheduler);
    lockWatch.start();
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      var thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public ScheduledExecutorService scheduler() {
    return scheduler;
  }

  @Override
  public ScheduledFuture<?> later(Runnable work, long millis) {
    return scheduler.schedule(() -> begin(work), millis, TimeUnit.MILLISECONDS);
  }

  private void begin(Runnable work) {
    try {
      lasting.execute(work);
    } catch (RejectedExecutionException e) {
      log.debug("nothing is done any more: no database is left", e);
    }
  }

  /** Looks whether DuckDB's locks are there. */
  LockWatch lockWatch() {
    return lockWatch;
  }

  @Override
  public boolean isLastChance() {
    return atExit.isLastChance();
  }

  @Override
  public boolean sendsAtExit() {
    return JvmEnd.hasBegun() && !isLastChance();
  }

  /** When no database is left. */
  void end() {
    atExit.unregister();
    scheduler.shutdownNow();
    lasting.shutdown(); // what is under way comes to its end
  }
}
