package io.haduck.jdbc.internal.database;

import io.haduck.core.CommitMark;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import java.sql.Connection;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the write-ahead log of one open database short: whoever opens a copy of it, such as a
 * follower, replays all of it, which takes up to half a millisecond a commit.
 *
 * <p>Where DuckDB can count what is in its log (1.5 and later), and the user has not told it to, it
 * is told to checkpoint, and does so at a commit. Where it cannot, or its configuration is locked,
 * it is asked for a plain checkpoint when there were enough commits, as {@link SoonCheckpoint}
 * asks.
 */
final class WalLimit {
  private static final Logger log = LoggerFactory.getLogger(WalLimit.class);

  /** What DuckDB counts for a commit of one row: its table, the row, and the end of the commit. */
  private static final long ENTRIES_OF_A_COMMIT = 3;

  private static final long COUNT_EVERY_MILLIS = 1_000;

  private final OpenDatabase database;
  private final SoonCheckpoint checkpoint;
  private final long limit;

  /** At how many commits a checkpoint is asked for next. For one thread at a time. */
  private volatile long next;

  private WalLimit(OpenDatabase database, SoonCheckpoint checkpoint, long limit) {
    this.database = database;
    this.checkpoint = checkpoint;
    this.limit = limit;
    this.next = limit;
  }

  /**
   * DuckDB has opened a database: begins to keep its log short, until DuckDB closes it. Never
   * fails.
   *
   * @param duckdb one of its connections, that is not busy
   */
  static void keep(OpenDatabase database, Connection duckdb) {
    long limit = database.walCommits();
    SoonCheckpoint checkpoint = database.ownCheckpoint();
    if (limit > 0
        && checkpoint != null
        && !CheckpointSettings.limitEntries(duckdb, limit * ENTRIES_OF_A_COMMIT)) {
      new WalLimit(database, checkpoint, limit).countLater();
    }
  }

  private void countLater() {
    try {
      var unused = database.services().later(this::count, COUNT_EVERY_MILLIS);
    } catch (RejectedExecutionException e) {
      log.debug("{} is not counted any more: nothing is left open", database.path(), e);
    }
  }

  private void count() {
    Replication current = database.current();
    if (current == null || database.ownCheckpoint() != checkpoint) {
      return; // DuckDB has closed it
    }
    CommitMark now = current.mark();
    long commits = now == null ? 0 : now.commits();
    if (commits < limit) {
      next = limit;
    } else if (commits >= next) {
      next = commits + limit;
      checkpoint.ask(ReplayRisk.ALWAYS);
    }
    countLater();
  }
}
