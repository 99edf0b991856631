package io.haduck.jdbc;

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
 * Holds DuckDB's automatic checkpoints back while a long capture reads, for 30 s at the most.
 *
 * <p>The replicator's thread asks and must not wait, so the work is done on the scheduler, under
 * the database's lock: no connection of ours can outlive the last wrapped one.
 */
final class HeldCheckpoints implements CheckpointHold {
  private static final Logger log = LoggerFactory.getLogger(HeldCheckpoints.class);
  private static final long LONGEST_SECONDS = 30;

  private final ReentrantLock lock;
  private final ScheduledExecutorService scheduler;
  private final DuckDbConnector anyOpen;
  private volatile boolean wanted;
  private @Nullable CheckpointBrake brake; // guarded by lock
  private @Nullable ScheduledFuture<?> limit; // guarded by lock

  /**
   * For one opened database.
   *
   * @param lock of the database
   * @param anyOpen gives, under the lock, one of DuckDB's connections that are open, or fails
   */
  HeldCheckpoints(ReentrantLock lock, ScheduledExecutorService scheduler, DuckDbConnector anyOpen) {
    this.lock = lock;
    this.scheduler = scheduler;
    this.anyOpen = anyOpen;
  }

  @Override
  public void hold() {
    wanted = true;
    scheduler.execute(this::apply);
  }

  @Override
  public void release() {
    wanted = false;
    scheduler.execute(this::releaseNow);
  }

  /** Whether they are to be held now. */
  boolean isHeld() {
    return wanted;
  }

  private void apply() {
    lock.lock();
    try {
      if (brake != null || !wanted) {
        return; // released before it was applied
      }
      Connection open = anyOpen.connect();
      DuckDBConnection own = open.unwrap(DuckDBConnection.class).duplicate();
      own.setAutoCommit(true);
      CheckpointBrake applied = CheckpointBrake.apply(own);
      brake = applied;
      if (applied != null) {
        limit = scheduler.schedule(this::releaseNow, LONGEST_SECONDS, TimeUnit.SECONDS);
      }
    } catch (SQLException e) {
      log.debug("automatic checkpoints cannot be held back: {}", e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  /** Puts DuckDB's settings back; before the last wrapped connection closes. */
  void releaseNow() {
    lock.lock();
    try {
      CheckpointBrake applied = brake;
      brake = null;
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
