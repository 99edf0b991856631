package io.haduck.jdbc.internal.database;

import io.haduck.core.internal.duckdb.PosixLocks;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every ten seconds, and after statements that are known to do harm, whether DuckDB's locks
 * on the database files of this JVM are still there. Safe for any thread.
 */
public final class LockWatch {
  private static final Logger log = LoggerFactory.getLogger(LockWatch.class);
  private static final long EVERY_SECONDS = 10;

  /** Functions that read a file as it is, and close it (DuckDB 1.4 and 1.5). */
  private static final List<String> READING_FILES = List.of("read_blob", "read_text");

  private final JvmShutdown.Databases databases;
  private final ScheduledExecutorService scheduler;
  private final AtomicBoolean soon = new AtomicBoolean();

  LockWatch(JvmShutdown.Databases databases, ScheduledExecutorService scheduler) {
    this.databases = databases;
    this.scheduler = scheduler;
  }

  /** From now on, until the scheduler ends. */
  void start() {
    ScheduledFuture<?> unused =
        scheduler.scheduleWithFixedDelay(
            this::look, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Whether a text may have made DuckDB open a database file that it has open already, and close it
   * again.
   */
  public static boolean isHarmful(SqlCommand command) {
    if (command.changesDatabases()) {
      return true;
    }
    String sql = String.valueOf(command.sql()); // which DuckDB's driver refuses if it is null
    int at = sql.indexOf('_');
    while (at >= 0) {
      int from = at - "read".length();
      if (from >= 0
          && sql.length() >= at + "_blob".length()
          && READING_FILES.contains(
              sql.substring(from, at + "_blob".length()).toLowerCase(Locale.ROOT))) {
        return true;
      }
      at = sql.indexOf('_', at + 1);
    }
    return false;
  }

  /** Looks in a moment, on another thread. Never waits. */
  void lookSoon() {
    if (soon.compareAndSet(false, true)) {
      try {
        scheduler.execute(this::look);
      } catch (RejectedExecutionException e) {
        soon.set(false); // it ends, with the last database
      }
    }
  }

  private void look() {
    soon.set(false);
    try {
      PosixLocks locks = PosixLocks.ofThisProcess();
      for (OpenDatabase database : databases.all()) {
        database.duckDbLock().look(locks);
      }
    } catch (RuntimeException e) {
      log.warn("looking for DuckDB's locks failed and is tried again", e);
    }
  }
}
