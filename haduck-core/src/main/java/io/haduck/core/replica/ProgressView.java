package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far replication is.
 *
 * @param lineage of the log
 * @param epoch of the writer
 * @param seq of the last commit, 0 before the first
 * @param held what the log holds; {@link DatabasePosition#NONE} if that is not known yet
 * @param receipt of the last commit by this replicator; null before the first
 * @param commits by this replicator
 * @param bytesSent by them
 * @param problem in the way; null if none is
 * @param failingSince since when; null if nothing is
 */
record ProgressView(
    UUID lineage,
    long epoch,
    long seq,
    DatabasePosition held,
    @Nullable CommitReceipt receipt,
    long commits,
    long bytesSent,
    @Nullable HaduckException problem,
    @Nullable Instant failingSince) {
  boolean isFenced() {
    return problem instanceof FencedException;
  }
}
