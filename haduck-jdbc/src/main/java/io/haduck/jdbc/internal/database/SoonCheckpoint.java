package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks DuckDB for a plain checkpoint soon: after a statement that DuckDB is known not to replay, so
 * that the replica depends on its replay for moments only; and when its write-ahead log has become
 * long.
 *
 * <p>DuckDB refuses while others write, and that is all right: it is asked a few times more, and
 * then no more. It is never forced, never asked while a capture holds checkpoints back, and on
 * DuckDB 1.4, which can spin in a checkpoint beside a streaming reader, not where results stream.
 *
 * <p>For one opening of one database. Safe for any thread. A checkpoint may take long, so it is
 * made on a thread of its own, and under no lock.
 */
final class SoonCheckpoint {
  private static final Logger log = LoggerFactory.getLogger(SoonCheckpoint.class);

  /** How long after the statement, or the attempt before. */
  private static final List<Long> PAUSES_MILLIS = List.of(200L, 500L, 2_000L, 10_000L, 60_000L);

  /** The first attempt after somebody else has asked for a checkpoint, which may have failed. */
  private static final int AFTER_OTHERS = 2;

  /** What somebody waits for an attempt that is under way. */
  private static final long LONGEST_WAIT_MILLIS = 10_000;

  private final Path database;
  private final Replication replication;
  private final DuckDbCheckpointHold hold;
  private final OwnConnector connections;
  private final DatabaseServices services;

  /** Counts what was asked for: the attempts of what was asked before end. */
  @GuardedBy("this")
  private long asked;

  /** Up to where that was done, or given up. */
  @GuardedBy("this")
  private long answered;

  /** The greatest since a checkpoint was made. */
  @GuardedBy("this")
  private ReplayRisk risk = ReplayRisk.NONE;

  /** Attempts that have begun. */
  private volatile long begun;

  /** Attempts that have come to their end. */
  private volatile long over;

  @GuardedBy("this")
  private boolean ended;

  /** What was scheduled last. */
  @GuardedBy("this")
  private @Nullable ScheduledFuture<?> next;

  /**
   * For one opening.
   *
   * @param services says when one is due, and has a thread for it
   */
  SoonCheckpoint(
      Path database,
      Replication replication,
      DuckDbCheckpointHold hold,
      OwnConnector connections,
      DatabaseServices services) {
    this.database = database;
    this.replication = replication;
    this.hold = hold;
    this.connections = connections;
    this.services = services;
  }

  /** Asks. Never waits and never fails. */
  synchronized void ask(ReplayRisk newRisk) {
    risk = risk.and(newRisk);
    schedule(++asked, 0);
  }

  /**
   * DuckDB is about to close the file, which checkpoints too: no attempt begins any more. Never
   * waits for one that is under way: {@link #awaitEnd} does.
   */
  synchronized void stop() {
    ended = true;
    ScheduledFuture<?> scheduled = next;
    if (scheduled != null) {
      scheduled.cancel(false);
    }
  }

  /** Whether an attempt is under way. */
  synchronized boolean isRunning() {
    return begun > over;
  }

  /** How many attempts have begun so far. */
  long begun() {
    return begun;
  }

  /** How many attempts have come to their end so far. */
  long over() {
    return over;
  }

  /**
   * Somebody else is about to ask for a checkpoint, which DuckDB would refuse beside one of ours:
   * waits for an attempt under way, and looks later whether it is still needed.
   */
  synchronized void giveWay() {
    if (asked > answered) {
      schedule(++asked, AFTER_OTHERS);
      awaitEnd();
    }
  }

  /** Waits for an attempt that is under way; bounded. To be called without any lock. */
  synchronized void awaitEnd() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MILLIS);
    boolean interrupted = false;
    while (isRunning() && System.nanoTime() - deadline < 0) {
      try {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @GuardedBy("this")
  private void schedule(long of, int attempt) {
    if (ended || attempt >= PAUSES_MILLIS.size()) {
      return;
    }
    try {
      next = services.later(() -> attempt(of, attempt), PAUSES_MILLIS.get(attempt));
    } catch (RejectedExecutionException e) {
      log.debug("{} is not checkpointed: nothing is left open", database, e);
    }
  }

  private void attempt(long of, int attempt) {
    if (!begin(of)) {
      return;
    }
    boolean done = false;
    try {
      done = replication.fenced() != null || (!hold.isHeld() && checkpoint());
    } finally {
      finish(of, attempt, done);
    }
  }

  private synchronized boolean begin(long of) {
    if (ended || isRunning() || of != asked) {
      if (isRunning() && of == asked) {
        schedule(of, 0);
      }
      return false;
    }
    begun++;
    return true;
  }

  private synchronized void finish(long of, int attempt, boolean done) {
    over++;
    notifyAll();
    if (done || attempt + 1 >= PAUSES_MILLIS.size()) {
      answered = Math.max(answered, of);
      risk = of == asked ? ReplayRisk.NONE : risk;
    } else if (of == asked) {
      schedule(of, attempt + 1);
    }
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  /** False if it is to be tried again. */
  private boolean checkpoint() {
    if (!ReplayedIndexes.mayReplay(database)) {
      return true; // somebody has done it
    }
    try (DuckDBConnection own = connections.open(this::isEnded);
        Statement statement = own.createStatement()) {
      String name = name(own);
      if (name == null || !isAtRisk(own)) {
        return true;
      }
      if (spins(own)) {
        return false;
      }
      statement.execute("CHECKPOINT " + DatabaseNames.quoted(name));
      replication.changed(SqlKind.CHECKPOINTS);
      log.debug("{} was checkpointed: its write-ahead log is not to be replayed", database);
      return true;
    } catch (SQLException e) {
      log.debug("{} cannot be checkpointed now: {}", database, e.getMessage());
      return false;
    }
  }

  private boolean isAtRisk(DuckDBConnection own) throws SQLException {
    return risk() == ReplayRisk.ALWAYS || !DuckDbVersion.of(own).isAtLeast(2, 0);
  }

  private synchronized ReplayRisk risk() {
    return risk;
  }

  private static boolean spins(DuckDBConnection own) throws SQLException {
    return !DuckDbVersion.of(own).isAtLeast(1, 5) && StreamedResults.isOn(own);
  }

  private @Nullable String name(DuckDBConnection own) throws SQLException {
    try (PreparedStatement names =
        own.prepareStatement("SELECT database_name FROM duckdb_databases() WHERE path = ?")) {
      names.setString(1, database.toString());
      try (ResultSet rows = names.executeQuery()) {
        return rows.next() ? rows.getString(1) : null;
      }
    }
  }
}
