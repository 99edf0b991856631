package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.FollowedPosition;
import java.time.Duration;
import java.time.Instant;

/**
 * Told how the replication of a database goes, for logging, metrics and alarms. Every method does
 * nothing by default.
 *
 * <p>Given to {@link ReplicationListeners}, each listener is called on a thread of its own, one
 * call at a time and in order: a slow one delays itself only, and what it throws is logged. While
 * it is slow, older news are dropped in favour of the latest; {@link CommitReceipt#seq} then has
 * gaps.
 */
public interface ReplicationListener {
  /** A changeset is in the log. */
  default void committed(CommitReceipt receipt) {}

  /**
   * The store or the local disk fails; told once, until it is over. Replication is tried again by
   * itself, and statements go on or wait as {@code durability} says. Of a database that is followed
   * it is told for each problem; nothing newer is shown meanwhile.
   *
   * @param since when it first failed
   */
  default void failing(HaduckException problem, Instant since) {}

  /** What was {@link #failing} works again. */
  default void recovered() {}

  /**
   * A database that this process follows ({@code mode=follower}, or {@code standby} until it is
   * promoted) shows a newer state. What it skipped is not told of.
   *
   * @param took what showing it took
   */
  default void shown(FollowedPosition position, Duration took) {}

  /**
   * Readers of a database that this process follows hold all copies of it, by long transactions or
   * results that are not read to their end: nothing newer is shown until one of them ends.
   */
  default void heldBack() {}

  /** This process stood by, and has become the writer: {@code mode=standby}. */
  default void promoted() {}

  /**
   * This process stood by, had the lease, and could not become the writer. It has released the
   * lease, goes on standing by, and tries again.
   */
  default void promotionFailed(Exception problem) {}

  /** Another writer has taken over: this process may not write any more. The last call. */
  default void fenced(FencedException problem) {}
}
