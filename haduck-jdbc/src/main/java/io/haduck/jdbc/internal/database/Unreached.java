package io.haduck.jdbc.internal.database;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a call says when what it wrote is not on the replica.
 *
 * @param doubtful whether it is not certain that it is committed
 */
record Unreached(ReplicaLocation location, boolean doubtful) {
  /** The thread was interrupted while it waited. */
  ReplicationPendingException interrupted(InterruptedException cause) {
    return pending("the waiting thread was interrupted", cause);
  }

  /**
   * The wait is over, and it is not there.
   *
   * @param fenced another writer has taken over; null if none has
   * @param limit of the wait
   */
  SQLException failure(
      SyncResult result, @Nullable FencedException fenced, Duration limit, boolean cancelled) {
    if (fenced != null) {
      return SqlErrors.fencedCommit(overtaken(fenced.isSettled()), fenced);
    }
    String closed = result.closed() ? closed() : "";
    HaduckException problem = result.problem();
    if (problem != null) {
      return pending(
          closed + problem.getMessage() + " (since " + result.failingSince() + ")", problem);
    }
    if (result.closed()) {
      return pending(closed + "it is sent when the database is opened again", null);
    }
    return pending(
        cancelled ? "the wait was cancelled" : "it took longer than " + text(limit), null);
  }

  private String overtaken(boolean settled) {
    String history =
        settled
            ? "not in the history that won"
            : "in the history that won only if it was being sent just then";
    return doubtful
        ? history + ", and committed locally only if the transaction of this connection is"
        : "committed locally, and " + history;
  }

  private static String closed() {
    return JvmEnd.hasBegun()
        ? "its replication was ended with the JVM; "
        : "its replication was closed meanwhile; ";
  }

  /** What was written is not on the replica, and why. */
  ReplicationPendingException pending(String why, @Nullable Throwable cause) {
    return new ReplicationPendingException(
        (doubtful
                ? "not yet on the replica "
                    + location
                    + ", and committed only if the transaction of this connection is: "
                : "committed locally, but not yet on the replica " + location + ": ")
            + why,
        cause);
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
