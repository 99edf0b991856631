package io.haduck.bench;

import io.haduck.core.follower.AwaitOutcome;
import io.haduck.jdbc.Haduck;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * How long after a commit a query of a follower sees it: from the commit's return, when the replica
 * has it, until the first query that does. Both are in this JVM, so one clock tells.
 */
final class FollowerLag {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final Connection writer;
  private final Connection follower;

  /** The number of the last commit. */
  private long last;

  FollowerLag(Connection writer, Connection follower) {
    this.writer = writer;
    this.follower = follower;
  }

  /** Commits at an even pace, and waits until the last one is seen. */
  Latencies atPace(int perSecond, long seconds) throws Exception {
    int commits = (int) Math.max(2, perSecond * seconds);
    var returned = new AtomicLongArray(commits);
    long first = last + 1;
    var lags = new Latencies();
    CompletableFuture<Void> reading =
        CompletableFuture.runAsync(
            () -> {
              try {
                read(first, returned, lags);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    long begun = System.nanoTime();
    for (int i = 0; i < commits && !reading.isDone(); i++) {
      parkUntil(begun + i * TimeUnit.SECONDS.toNanos(1) / perSecond);
      commit();
      returned.set(i, System.nanoTime());
    }
    try {
      reading.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return lags;
  }

  private void read(long first, AtomicLongArray returned, Latencies lags) throws SQLException {
    int seen = 0;
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (seen < returned.length()) {
      long shown = shown();
      long now = System.nanoTime();
      for (; seen < returned.length() && first + seen <= shown; seen++) {
        long at = returned.get(seen);
        lags.add(at == 0 ? 0 : Math.max(0, now - at)); // seen before its commit has returned
        end = now + PATIENCE_NANOS;
      }
      if (now - end > 0) {
        throw new IllegalStateException("the follower has not seen commit " + (first + seen));
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  /** Commits once, and waits until it is seen. */
  void one(Latencies lags) throws SQLException {
    commit();
    long begun = System.nanoTime();
    while (shown() < last) {
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    lags.add(System.nanoTime() - begun);
  }

  /** Commits once, and waits as who wants to read its own writes does. */
  void awaited(Latencies lags) throws SQLException, InterruptedException {
    commit();
    long begun = System.nanoTime();
    AwaitOutcome outcome =
        Haduck.awaitPosition(follower, Haduck.position(writer), Duration.ofNanos(PATIENCE_NANOS));
    if (outcome != AwaitOutcome.REACHED || shown() < last) {
      throw new IllegalStateException("the follower has not seen commit " + last);
    }
    lags.add(System.nanoTime() - begun);
  }

  private void commit() throws SQLException {
    try (Statement statement = writer.createStatement()) {
      statement.execute("INSERT INTO t VALUES (" + ++last + ")");
    }
  }

  private long shown() throws SQLException {
    try (Statement statement = follower.createStatement();
        ResultSet rows = statement.executeQuery("SELECT max(i) FROM t")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  static void parkUntil(long nanos) {
    for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
