package io.haduck.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of comparing the blocks of the local file with what the log has of them.
 *
 * @param finished when the last one ended; null before the first
 * @param blocks that the last one compared; 0 before the first. Those that every checkpoint
 *     compares anyway are not counted
 * @param differences that were found since the database was opened: each is a defect of the disk or
 *     of haduck, was logged as an error, and was sent
 * @param unreadable blocks that were found since then: each was logged as an error
 * @param running whether one is under way
 * @param done how many blocks the one that is under way has compared
 * @param of how many
 */
public record ScrubStatus(
    @Nullable Instant finished,
    long blocks,
    long differences,
    long unreadable,
    boolean running,
    long done,
    long of) {
  public static final ScrubStatus NONE = new ScrubStatus(null, 0, 0, 0, false, 0, 0);

  public ScrubStatus running(long newDone, long newOf) {
    return new ScrubStatus(finished, blocks, differences, unreadable, true, newDone, newOf);
  }

  public ScrubStatus with(int moreDifferences, int moreUnreadable) {
    return new ScrubStatus(
        finished,
        blocks,
        differences + moreDifferences,
        unreadable + moreUnreadable,
        running,
        done,
        of);
  }

  public ScrubStatus finishedAt(Instant now) {
    return new ScrubStatus(now, of, differences, unreadable, false, 0, 0);
  }
}
