package io.haduck.core.internal.upkeep;

import io.haduck.core.DivergedException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import java.time.Duration;
import java.util.Optional;

/**
 * Looks now and then whether the log still is what its writer knows: what is written is worth
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

  /** How long until it is to be looked at although nothing is written, in nanoseconds. */
  public long nanosToNext() {
    return begun ? checkedNanos + AT_REST_EVERY.toNanos() - ticker.nanos() : Long.MAX_VALUE;
  }

  /** Whether the last look failed: nothing is well until one does not. */
  public boolean failed() {
    return !well;
  }

  /** Whether something may only be written after another look. */
  public boolean isDueBeforeWriting() {
    return begun && (!well || ticker.nanos() - checkedNanos > BEFORE_WRITING_EVERY.toNanos());
  }

  /**
   * Looks.
   *
   * @param committed that the log ended with
   * @return whether somebody has added to it since
   * @throws DivergedException if it has lost history
   */
  public boolean check(LogPosition committed) {
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
    boolean added = replicationLog.read(committed.seq() + 1).isPresent();
    seen();
    return added;
  }
}
