package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint by which DuckDB ends when it closes or detaches a database. In a process that has
 * lost its replica to another writer it would make a file that the log knows nothing of, as if it
 * had changes of its own; without it the file stays what the log has, with its WAL.
 */
final class ClosingCheckpoint {
  private static final Logger log = LoggerFactory.getLogger(ClosingCheckpoint.class);

  private ClosingCheckpoint() {}

  /** Lets the instance close without one. Fails silently: then the file has diverged, as before. */
  static void disable(Connection duckdb) {
    run(duckdb, "PRAGMA disable_checkpoint_on_shutdown");
  }

  /** Lets it have one again. */
  static void enable(Connection duckdb) {
    run(duckdb, "PRAGMA enable_checkpoint_on_shutdown");
  }

  /** On a connection of its own: the caller's may be in a transaction that has failed. */
  private static void run(Connection duckdb, String pragma) {
    try {
      if (!duckdb.isClosed()) {
        try (DuckDBConnection own = OwnConnection.beside(duckdb);
            Statement statement = own.createStatement()) {
          statement.execute(pragma);
        }
      }
    } catch (SQLException e) {
      log.warn(
          "DuckDB goes on checkpointing when it closes, although the replica is another writer's: {}",
          e.getMessage());
    }
  }
}
