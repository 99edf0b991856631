package io.haduck.jdbc.internal.database;

import io.haduck.core.replica.CheckpointHold;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hold on DuckDB's automatic checkpoints of one open database: keeps them back while a long
 * capture reads, for 30 s at the most.
 *
 * <p>The replicator's thread asks and must not wait, so the work is done on the scheduler, under
 * the database's lock: no connection of ours can outlive the last wrapped one. The scheduler serves
 * all databases and must not wait either: if the lock is taken, it comes again.
 */
public final class DuckDbCheckpointHold implements CheckpointHold {
  private static final Logger log = LoggerFactory.getLogger(DuckDbCheckpointHold.class);
  private static final long LONGEST_SECONDS = 30;
  private static final long AGAIN_MILLIS = 50;

  private final ReentrantLock lock;
  private final ScheduledExecutorService scheduler;
  private final DuckDbConnector free;
  private volatile boolean wanted;
  private @Nullable HeldSettings held; // guarded by lock
  private @Nullable ScheduledFuture<?> limit; // guarded by lock

  /**
   * For one opened database.
   *
   * @param lock of the database
   * @param free gives, under the lock, one of DuckDB's connections that can be duplicated at once,
   *     or fails
   */
  public DuckDbCheckpointHold(
      ReentrantLock lock, ScheduledExecutorService scheduler, DuckDbConnector free) {
    this.lock = lock;
    this.scheduler = scheduler;
    this.free = free;
  }

  @Override
  public void hold() {
    wanted = true;
    scheduler.execute(this::apply);
  }

  @Override
  public void release() {
    wanted = false;
    scheduler.execute(this::releaseWhenFree);
  }

  private void again(Runnable task) {
    ScheduledFuture<?> unused = scheduler.schedule(task, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void releaseWhenFree() {
    if (!lock.tryLock()) {
      again(this::releaseWhenFree);
      return;
    }
    try {
      releaseNow();
    } finally {
      lock.unlock();
    }
  }

  /** Whether they are to be held now. */
  boolean isHeld() {
    return wanted;
  }

  private void apply() {
    if (!lock.tryLock()) {
      again(this::apply);
      return;
    }
    try {
      if (held != null || !wanted) {
        return; // released before it was applied
      }
      Connection open = free.connect();
      DuckDBConnection own = OwnConnection.beside(open);
      HeldSettings applied = HeldSettings.apply(own);
      held = applied;
      if (applied != null) {
        limit = scheduler.schedule(this::releaseWhenFree, LONGEST_SECONDS, TimeUnit.SECONDS);
      }
    } catch (SQLException e) {
      log.debug("automatic checkpoints cannot be held back yet: {}", e.getMessage());
      again(this::apply);
    } finally {
      lock.unlock();
    }
  }

  /** Puts DuckDB's settings back; before the last wrapped connection closes. */
  void releaseNow() {
    lock.lock();
    try {
      HeldSettings applied = held;
      held = null;
      if (applied != null) {
        applied.release();
      }
      ScheduledFuture<?> scheduled = limit;
      limit = null;
      if (scheduled != null) {
        scheduled.cancel(false);
      }
    } finally {
      lock.unlock();
    }
  }
}
