package io.haduck.core.internal.upkeep;

import io.haduck.core.DivergedException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Checks now and then whether the log still is what its writer knows: what is written is worth
 * nothing if what is before it was deleted meanwhile. For one thread.
 */
public final class HeadCheck {
  private static final Duration BEFORE_WRITING_EVERY = Duration.ofSeconds(15);
  private static final Duration AT_REST_EVERY = Duration.ofMinutes(10);

  private final ReplicationLog replicationLog;
  private final Ticker ticker;
  private boolean begun;
  private boolean well = true;
  private long checkedNanos;

  public HeadCheck(ReplicationLog replicationLog, Ticker ticker) {
    this.replicationLog = replicationLog;
    this.ticker = ticker;
  }

  /** The log was just seen to be what is known. */
  public void seen() {
    begun = true;
    well = true;
    checkedNanos = ticker.nanos();
  }

  /** Returns how long until it is to be checked although nothing is written, in nanoseconds. */
  public long nanosToNext() {
    return begun ? checkedNanos + AT_REST_EVERY.toNanos() - ticker.nanos() : Long.MAX_VALUE;
  }

  /** Whether the last check failed: nothing is well until one does not. */
  public boolean failed() {
    return !well;
  }

  /** Whether something may only be written after another check. */
  public boolean isDueBeforeWriting() {
    return begun && (!well || ticker.nanos() - checkedNanos > BEFORE_WRITING_EVERY.toNanos());
  }

  /**
   * Checks now whether the log still holds what was committed to it.
   *
   * @param committed that the log ended with
   * @throws DivergedException if it has lost history
   */
  public void requireHistory(LogPosition committed) {
    well = false;
    checkedNanos = ticker.nanos();
    Optional<String> lost = replicationLog.lost(committed);
    if (lost.isPresent()) {
      throw new DivergedException(
          lost.get()
              + ". Nothing is written to it, and nothing is acknowledged any more, until it holds seq "
              + committed.seq()
              + " again. Was it emptied, expired by a lifecycle rule, or rolled back? To begin a new log from the local"
              + " file, close the database and open it under another name (haduck.name) or prefix");
    }
    seen();
  }

  /**
   * Checks now whether the log still ends with what was committed to it. What is beyond counts even
   * where the changesets in between are gone.
   *
   * @param committed that the log ended with
   * @return the first seq beyond; empty if nobody has added to it
   * @throws DivergedException if it has lost history
   */
  public OptionalLong firstBeyond(LogPosition committed) {
    requireHistory(committed);
    well = false;
    OptionalLong beyond = replicationLog.firstBeyond(committed.seq());
    seen();
    return beyond;
  }
}
