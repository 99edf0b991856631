package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.HaduckException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How waiting for a position ended.
 *
 * @param reached whether the log holds that position
 * @param receipt of the commit that reached it; null if it was reached before this replicator was
 *     opened, or not at all
 * @param problem what is in the way; null if reached, or just not done yet
 * @param failingSince since when
 * @param closed whether it was not reached because the replicator was closed
 */
public record SyncResult(
    boolean reached,
    @Nullable CommitReceipt receipt,
    @Nullable HaduckException problem,
    @Nullable Instant failingSince,
    boolean closed) {}
