package io.haduck.jdbc.internal.database;

import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.DatabaseStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The main database of an instance that follows a replica until it becomes its writer, which is for
 * good. Safe for any thread.
 */
public interface StandingBy {
  /** Begins to stand by; for one database and one set of settings. */
  @FunctionalInterface
  interface Beginning {
    /**
     * Shows a first copy to a new DuckDB instance, and begins to contend for the lease.
     *
     * @param site where it becomes writable
     * @return null if the replica is empty: there is nothing to follow, and whoever comes first may
     *     begin it
     */
    @Nullable StandingBy begin(Settings settings, PromotionSite site) throws SQLException;
  }

  /** Another connection to the same instance, whose current database is this one. */
  Connection connect() throws SQLException;

  /** Whether it is written by now. Costs one volatile read. */
  boolean isPromoted();

  /** What is done around the texts of one connection. */
  TextGuard guard(ConnectionTransaction transaction);

  /**
   * How it is doing while it is not promoted. Takes no lock.
   *
   * @param connections to it
   */
  DatabaseStatus status(int connections);

  /** Follows it; null once nobody does. */
  @Nullable Follower follower();

  /** Who is told what becomes of it, also once it is promoted. */
  ReplicationListeners listeners();

  /**
   * Another connection wants it.
   *
   * @throws io.haduck.core.InvalidConfigurationException if with other settings
   */
  void requireSame(Settings wanted);

  /**
   * Has it become the writer, and waits for that: asks whoever writes to hand over to it.
   *
   * @throws SQLException if it does not in time, or the writer refuses
   * @throws InterruptedException if this thread is interrupted
   */
  void promote(Duration timeout) throws SQLException, InterruptedException;

  /** Nobody is connected any more: ends it. Waits until nothing of it is under way. */
  void ended();
}
