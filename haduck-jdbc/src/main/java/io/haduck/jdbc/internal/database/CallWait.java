package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long one call may wait for the replica: {@code sync_timeout} in all, as long as its query
 * timeout, which counts from the call on, and until somebody cancels it. One thread executes, any
 * thread cancels.
 */
public final class CallWait {
  private final @Nullable Statement statement;
  private volatile boolean cancelled;
  private volatile boolean doubtful;
  private long begunNanos;
  private long waitedNanos;

  /**
   * For the calls of one statement, one after the other.
   *
   * @param statement whose query timeout counts; null if there is none, as for a commit
   */
  public CallWait(@Nullable Statement statement) {
    this.statement = statement;
    begin();
  }

  /** For a single call that nobody can cancel. */
  public static CallWait uncancelled() {
    return new CallWait(null);
  }

  /** A new call begins. */
  public void begin() {
    cancelled = false;
    doubtful = false;
    begunNanos = System.nanoTime();
    waitedNanos = 0;
  }

  /**
   * Whether it is not certain that what the call wrote is committed, as within a transaction that
   * may still be rolled back.
   */
  boolean doubtful() {
    return doubtful;
  }

  /** Notes whether it is. */
  public void speakOfDoubt(boolean inDoubt) {
    doubtful = inDoubt;
  }

  public void cancel() {
    cancelled = true;
  }

  public boolean cancelled() {
    return cancelled;
  }

  /** A wait is over that began then, by {@link System#nanoTime}. */
  void waitedSince(long sinceNanos) {
    waitedNanos += System.nanoTime() - sinceNanos;
  }

  /** What is left for waiting, of {@code syncTimeout} and of the query timeout; never negative. */
  public Duration left(Duration syncTimeout) {
    Duration left = syncTimeout.minusNanos(waitedNanos);
    int seconds = queryTimeoutSeconds();
    if (seconds > 0) {
      Duration ofQuery = Duration.ofSeconds(seconds).minusNanos(System.nanoTime() - begunNanos);
      left = ofQuery.compareTo(left) < 0 ? ofQuery : left;
    }
    return left.isNegative() ? Duration.ZERO : left;
  }

  private int queryTimeoutSeconds() {
    try {
      return statement == null || statement.isClosed() ? 0 : statement.getQueryTimeout();
    } catch (SQLException e) {
      return 0; // closed meanwhile: it has no timeout any more
    }
  }
}
