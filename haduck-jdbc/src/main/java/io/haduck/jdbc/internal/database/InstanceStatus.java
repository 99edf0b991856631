package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.DatabaseStatus;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Lets SQL ask one DuckDB instance for its databases' status. Safe for any thread. */
final class InstanceStatus {
  private final StatusFunction function;
  private final Supplier<List<DatabaseStatus>> statuses;
  private final AtomicBoolean registered = new AtomicBoolean();

  /**
   * For one instance.
   *
   * @param statuses asked by DuckDB's threads; must not take a lock that is held while DuckDB is
   *     called
   */
  InstanceStatus(StatusFunction function, Supplier<List<DatabaseStatus>> statuses) {
    this.function = function;
    this.statuses = statuses;
  }

  /**
   * Defines the function, once in the instance's life.
   *
   * @param duckdb one of its connections, that is not busy
   */
  void register(Connection duckdb) {
    if (registered.compareAndSet(false, true)) {
      function.register(duckdb, statuses);
    }
  }
}
