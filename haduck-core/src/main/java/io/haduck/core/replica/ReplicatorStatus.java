package io.haduck.core.replica;

import io.haduck.core.HeadShare;
import io.haduck.core.ScrubStatus;
import io.haduck.core.retention.SweepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a replicator is doing.
 *
 * @param replica where it writes, without secrets
 * @param state what it is doing
 * @param lineage of the log
 * @param epoch of this writer
 * @param writer its nonce
 * @param seq of the last commit; 0 before the first
 * @param replicatedIteration of the database as the log has it; -1 before the first commit
 * @param localIteration as last seen on disk; -1 before it was first observed
 * @param replicatedWal bytes of the WAL's stream of {@code replicatedIteration} that the log has
 * @param localWal bytes of the WAL's stream of {@code localIteration}, as last seen on disk
 * @param lagBytes of {@code localWal} that the log does not have; blocks of a checkpoint that is
 *     not in the log yet are not counted
 * @param lag since the oldest change was noticed that the log does not have; zero if it has all
 * @param failingSince since when the store or the disk fails; null if it does not
 * @param lastError why; null if it does not
 * @param commits made by this replicator, its EPOCH not counted
 * @param bytesSent by them
 * @param missedIterations that passed unseen; each makes captures read every block until DuckDB
 *     opens the file anew
 * @param fileEvents whether the operating system sends file events, or only the timer is left
 * @param scrub what became of comparing all blocks with the log
 * @param sweep what became of deleting what the retention gives up
 * @param headShare how much of the objects that the log's head refers to is needed; null if it was
 *     not found out, as it is only where garbage is deleted
 * @param openedFor how long it has been open
 */
public record ReplicatorStatus(
    String replica,
    State state,
    UUID lineage,
    long epoch,
    UUID writer,
    long seq,
    long replicatedIteration,
    long localIteration,
    long replicatedWal,
    long localWal,
    long lagBytes,
    Duration lag,
    @Nullable Instant failingSince,
    @Nullable String lastError,
    long commits,
    long bytesSent,
    long missedIterations,
    boolean fileEvents,
    ScrubStatus scrub,
    SweepStatus sweep,
    @Nullable HeadShare headShare,
    Duration openedFor) {

  /** What a replicator is doing. */
  public enum State {
    /** Everything seen is in the log. */
    IN_SYNC,
    /** A commit is under way. */
    SENDING,
    /** The last attempt failed; it is tried again. */
    FAILING,
    /** Another writer has taken over. */
    FENCED,
    /** Closed. */
    CLOSED
  }
}
