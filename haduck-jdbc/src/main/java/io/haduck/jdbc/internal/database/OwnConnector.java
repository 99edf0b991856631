package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.duckdb.DuckDBConnection;

/** Makes connections of ours to a DuckDB instance, as long as somebody has one. Any thread. */
final class OwnConnector {
  private final ReentrantLock lock;
  private final DuckDbConnector free;

  /**
   * For one instance.
   *
   * @param lock of the instance, under which its last connection is closed
   * @param free gives, under the lock, one of DuckDB's connections that can be duplicated at once,
   *     or fails
   */
  OwnConnector(ReentrantLock lock, DuckDbConnector free) {
    this.lock = lock;
    this.free = free;
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
      return OwnConnection.beside(free.connect());
    } finally {
      lock.unlock();
    }
  }
}
