package io.haduck.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the JVM: gives what was checkpointed a last chance to reach the replicas, without SQL,
 * for 10 s at the most.
 */
final class JvmShutdown implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(JvmShutdown.class);
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Supplier<List<OpenDatabase>> databases;
  private final Thread hook = new Thread(this, "haduck-shutdown");

  JvmShutdown(Supplier<List<OpenDatabase>> databases) {
    this.databases = databases;
  }

  /** Registers it; once. */
  void register() {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      log.debug("opened while the JVM ends", e);
    }
  }

  /** Takes it back; without effect once the JVM ends. */
  void unregister() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      log.debug("the JVM ends", e);
    }
  }

  @Override
  public void run() {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    var threads = new ArrayList<Thread>();
    for (OpenDatabase database : databases.get()) {
      var thread = new Thread(() -> end(database, deadline), "haduck-shutdown-" + database.path());
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      try {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static void end(OpenDatabase database, long deadline) {
    try {
      database
          .replication()
          .ifPresent(replication -> replication.end(deadline - System.nanoTime()));
    } catch (RuntimeException e) {
      log.warn("ending the replication of {}: {}", database.path(), e.getMessage());
    }
  }
}
