package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database that DuckDB has just closed, and the replication that may still have something to
 * send.
 */
record Closed(OpenDatabase database, @Nullable Replication replication) {
  private static final Logger log = LoggerFactory.getLogger(Closed.class);

  /** Notes that DuckDB has closed it. */
  static Closed of(OpenDatabase database) {
    return new Closed(database, database.closed());
  }

  /**
   * Waits for what DuckDB wrote while it closed them, where durability says so; then those that do
   * not linger are free, whatever happens.
   *
   * @throws SQLException the first failure, after all were waited for, the others suppressed
   */
  static void await(List<Closed> closed, CallWait wait) throws SQLException {
    var failures = new FirstFailure();
    for (Closed one : closed) {
      try {
        failures.of(() -> one.afterLastClose(wait));
      } finally {
        one.free();
      }
    }
    failures.rethrow();
  }

  /** As {@link #await}, where nobody is there to be told of a failure. */
  static void awaitOrWarn(List<Closed> closed) {
    try {
      await(closed, CallWait.uncancelled());
    } catch (SQLException e) {
      log.warn("after the last connection was closed by unwrap: {}", e.getMessage());
    }
  }

  private void afterLastClose(CallWait wait) throws SQLException {
    if (replication != null && replication == database.current()) {
      replication.afterLastClose(wait);
    }
  }

  /** Lets go of it unless it lingers. */
  void free() {
    database.retireIfLingerIsOver();
  }
}
