package io.haduck.jdbc;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A database that DuckDB has just closed, and the replication that may still have something to
 * send.
 */
record Closed(OpenDatabase database, @Nullable Replication replication) {
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

  private void afterLastClose(CallWait wait) throws SQLException {
    if (replication != null) {
      replication.afterLastClose(wait);
    }
  }

  /** Lets go of it unless it lingers. */
  void free() {
    database.retireIfLingerIsOver();
  }
}
