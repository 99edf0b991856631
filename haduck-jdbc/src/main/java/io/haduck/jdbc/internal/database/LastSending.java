package io.haduck.jdbc.internal.database;

import io.haduck.core.DatabasePosition;
import io.haduck.core.HaduckException;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ReplicaLocation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what is left when the JVM ends, and says what could not be sent. Safe for any thread. */
final class LastSending {
  private static final Logger log = LoggerFactory.getLogger(LastSending.class);

  private final Replicator replicator;
  private final ReplicaLocation location;
  private boolean told;

  LastSending(Replicator replicator, ReplicaLocation location) {
    this.replicator = replicator;
    this.location = location;
  }

  /**
   * Sends what is committed now, as far as the time suffices. Who interrupts it does not end it.
   *
   * @return false if something is left, which was said then
   */
  boolean send(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      if (!replicator.isOpened()) {
        return true; // DuckDB has not opened the file yet: nothing was committed to it
      }
      DatabasePosition position = replicator.position();
      while (true) {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        SyncResult result = awaitOrNull(position, left);
        if (result != null) {
          return result.reached() || tell(why(result, limit));
        }
      }
    } catch (HaduckException e) {
      return tell(String.valueOf(e.getMessage()));
    }
  }

  /** Null if it was interrupted. */
  private @Nullable SyncResult awaitOrNull(DatabasePosition position, Duration limit) {
    try {
      return replicator.await(position, limit, () -> false);
    } catch (InterruptedException e) {
      log.debug("interrupted while the JVM ends", e);
      return null;
    }
  }

  private static String why(SyncResult result, Duration limit) {
    HaduckException problem = result.problem();
    if (problem != null) {
      return problem.getMessage() + " (since " + result.failingSince() + ")";
    }
    return result.closed()
        ? "its replication was closed"
        : "shutdown_timeout left " + limit.toMillis() + " ms for it, which did not suffice";
  }

  /** Says what would be left if it were closed now; nothing if everything is sent. */
  void tellUnsent() {
    try {
      if (replicator.isOpened() && !replicator.holds(replicator.position())) {
        tell("its replication was closed");
      }
    } catch (HaduckException e) {
      tell(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Says it once, and to the standard error stream too: the hooks of logging frameworks, which wait
   * for nobody, have often ended the logging by now.
   *
   * @return false
   */
  private synchronized boolean tell(String why) {
    if (!told) {
      told = true;
      String text = unsent(replicator.status()) + ": " + why;
      log.warn("{}", text);
      System.err.println("haduck: " + text);
    }
    return false;
  }

  private String unsent(ReplicatorStatus status) {
    var what = new StringBuilder();
    if (status.replicatedIteration() < 0 && status.seq() == 0) {
      what.append("the replica ").append(location).append(" holds nothing of it yet");
    } else {
      what.append(status.lagBytes()).append(" bytes of its WAL");
      if (status.localIteration() != status.replicatedIteration()) {
        what.append(" and checkpoint ").append(status.localIteration());
      }
      what.append(" are not on the replica ").append(location);
    }
    return "the JVM ends with changes of "
        + replicator.database()
        + " unsent, "
        + what
        + " (they are in the local files, and sent when the database is opened again)";
  }
}
