package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Runs DuckDB's CHECKPOINT until it succeeds: it fails while other transactions write, and forcing
 * it would stop everybody. For one use by one thread.
 */
public final class CheckpointCall {
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Connection connection;
  private final String statement;
  private final Duration limit;
  private final OpenTransaction open;

  /**
   * For one checkpoint.
   *
   * @param connection DuckDB's
   * @param database its name in SQL; null for the current one
   * @param limit how long to go on trying
   * @param open whether {@code connection} has a transaction open, by whatever words
   */
  public CheckpointCall(
      Connection connection, @Nullable String database, Duration limit, OpenTransaction open) {
    this.connection = connection;
    this.statement = "CHECKPOINT" + (database == null ? "" : " " + DatabaseNames.quoted(database));
    this.limit = limit;
    this.open = open;
  }

  /**
   * How it went.
   *
   * @param attempts that it took
   * @param inTheWay what DuckDB said last, if others kept it from checkpointing all the time; null
   *     if there was a checkpoint
   */
  public record Outcome(int attempts, @Nullable SQLException inTheWay) {}

  /**
   * Tries until it succeeds or time is up.
   *
   * @throws SQLException DuckDB's, if trying again is of no use
   */
  public Outcome run() throws SQLException {
    if (connection.getAutoCommit() && open == OpenTransaction.NONE) {
      return run(connection);
    }
    // The driver would begin a transaction for it, and leave it open; and if DuckDB refuses it in
    // one that is open, that is aborted.
    try (DuckDBConnection own = OwnConnection.beside(connection)) {
      return run(own);
    }
  }

  private Outcome run(Connection target) throws SQLException {
    long deadline = System.nanoTime() + limit.toNanos();
    long pause = FIRST_PAUSE_NANOS;
    for (int attempt = 1; ; attempt++) {
      try (Statement call = target.createStatement()) {
        call.execute(statement);
        return new Outcome(attempt, null);
      } catch (SQLException e) {
        if (!othersAreInTheWay(e)) {
          throw e;
        }
        if (System.nanoTime() + pause - deadline > 0 || Thread.currentThread().isInterrupted()) {
          return new Outcome(attempt, e);
        }
        LockSupport.parkNanos(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      }
    }
  }

  /**
   * DuckDB's errors carry no SQLState. What the transaction of this connection has written stays.
   */
  public static boolean othersAreInTheWay(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("Cannot CHECKPOINT")
        && !message.contains("the current transaction has transaction local changes");
  }
}
