package io.haduck.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * How long a statement may wait for the replica: as long as its query timeout and until somebody
 * cancels it. One thread executes, any thread cancels.
 */
final class StatementWait {
  private final Statement statement;
  private volatile boolean cancelled;

  StatementWait(Statement statement) {
    this.statement = statement;
  }

  /** A new execution begins. */
  void begin() {
    cancelled = false;
  }

  void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** The shorter of {@code limit} and the query timeout. */
  Duration atMost(Duration limit) {
    try {
      int seconds = statement.isClosed() ? 0 : statement.getQueryTimeout();
      Duration timeout = Duration.ofSeconds(seconds);
      return seconds == 0 || timeout.compareTo(limit) > 0 ? limit : timeout;
    } catch (SQLException e) {
      return limit; // closed meanwhile: it has no timeout any more
    }
  }
}
