package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How DuckDB opens the main database of an instance, and its replication begins to see it. Called
 * under the instance's lock.
 */
final class MainOpening {
  private static final Logger log = LoggerFactory.getLogger(MainOpening.class);

  private final ReentrantLock lock;
  private final DuckDbConnector free;

  /**
   * For one instance.
   *
   * @param free gives, under the lock, one of DuckDB's connections that can be duplicated at once,
   *     or fails
   */
  MainOpening(ReentrantLock lock, DuckDbConnector free) {
    this.lock = lock;
    this.free = free;
  }

  /**
   * Opens it, with whole indexes.
   *
   * @param duckdb runs no SQL of the user's: what that commits may checkpoint
   * @return the first connection; if this fails, none is left open
   */
  Connection open(OpenDatabase database, DuckDbConnector duckdb) throws SQLException {
    Connection connection = connect(database, duckdb);
    try {
      if (database.replays()) {
        ReplayedIndexes.bindAll(connection, database.path());
      }
      if (database.current() != null) {
        try (DuckDBConnection own = OwnConnection.beside(connection)) {
          InstanceCheck.requireInvalidation(own, database.path());
        }
      }
      database.duckDbLock().opened();
      database.opened(
          new DuckDbCheckpointHold(lock, database.services().scheduler(), free),
          new OwnConnector(lock, free));
      WalLimit.keep(database, connection);
      return connection;
    } catch (RuntimeException | SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Connection connect(OpenDatabase database, DuckDbConnector duckdb)
      throws SQLException {
    try {
      return duckdb.connect();
    } catch (SQLException e) {
      if (database.current() != null) {
        ReplayHint.tell(database.path(), e);
        if (OpeningFailure.of(e).ofFile()) {
          database.failedToOpen();
        }
      }
      throw e;
    }
  }

  /** Says which tables are there, if opening it has restored it. */
  static void tellRestored(Connection duckdb, OpenDatabase database) {
    Replication current = database.current();
    if (current == null || !current.restoredUntold()) {
      return;
    }
    try (DuckDBConnection own = OwnConnection.beside(duckdb)) {
      RestoredTables.tell(own, database.path());
    } catch (SQLException e) {
      log.debug("{} does not say its tables", database.path(), e);
    }
  }
}
