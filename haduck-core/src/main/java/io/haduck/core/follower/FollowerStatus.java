package io.haduck.core.follower;

import io.haduck.core.HaduckException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a follower is doing.
 *
 * @param state in one word
 * @param shown what its readers see
 * @param headSeq of the last changeset that is known to be in the log
 * @param seqsBehind how many changesets that are known to be in the log are not shown yet
 * @param lag how old what is shown may be: how long ago it was last known to be all that there is.
 *     Grows between two looks at the log
 * @param maxLag beyond which what is shown must not be read; null for no limit
 * @param copies of the database that lie on the disk
 * @param copiesHeld how many of them readers hold, besides the one that is shown
 * @param lastShowing what showing the newest copy took
 * @param shownCount how many copies were shown
 * @param looks at the log so far
 * @param bytesFetched from the store so far, without the log's own heads
 * @param problem that keeps it from going on; null if there is none
 * @param failingSince since when; null if there is none
 * @param replica that it follows, without secrets
 * @param writerLabel of who writes, where that is known
 */
public record FollowerStatus(
    State state,
    FollowedPosition shown,
    long headSeq,
    long seqsBehind,
    Duration lag,
    @Nullable Duration maxLag,
    int copies,
    int copiesHeld,
    Duration lastShowing,
    long shownCount,
    long looks,
    long bytesFetched,
    @Nullable HaduckException problem,
    @Nullable Instant failingSince,
    String replica,
    @Nullable String writerLabel) {
  /** In one word. */
  public enum State {
    /** What is shown is the newest state that is known. */
    AT_HEAD,
    /** A newer state is known, and is on its way. */
    BEHIND,
    /** A newer state is known, and readers hold every copy that it could be written to. */
    HELD_BACK,
    /** The store, the disk or DuckDB fails; it is tried again. */
    FAILING,
    /** The log no longer holds what was read from it: a person must decide. */
    LOST,
    /** It was closed. */
    CLOSED
  }

  /** Whether what is shown is older than it may be. */
  public boolean isTooOld() {
    return maxLag != null && lag.compareTo(maxLag) > 0;
  }
}
