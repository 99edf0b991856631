package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.duckdb.DuckDBConnection;

/** Makes connections of ours to a DuckDB instance, as long as somebody has one. Any thread. */
final class OwnConnections {
  private final ReentrantLock lock;
  private final DuckDbConnector anyOpen;

  /**
   * For one instance.
   *
   * @param lock of the instance, under which its last connection is closed
   * @param anyOpen gives, under the lock, one of DuckDB's connections that are open, or fails
   */
  OwnConnections(ReentrantLock lock, DuckDbConnector anyOpen) {
    this.lock = lock;
    this.anyOpen = anyOpen;
  }

  /**
   * Opens one, outside of any transaction, if the lock is free: whoever closes the instance holds
   * it, and may wait for us. The caller closes it before DuckDB is to close the file.
   *
   * @param unless asked under the lock; if it says so, none is opened
   */
  DuckDBConnection open(BooleanSupplier unless) throws SQLException {
    if (!lock.tryLock()) {
      throw new SQLException("the instance is being opened or closed");
    }
    try {
      if (unless.getAsBoolean()) {
        throw new SQLException("the database is being closed");
      }
      Connection open = anyOpen.connect();
      DuckDBConnection own = open.unwrap(DuckDBConnection.class).duplicate();
      own.setAutoCommit(true);
      return own;
    } finally {
      lock.unlock();
    }
  }
}
