package io.haduck.core.internal.opening;

import io.haduck.core.Ticker;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/**
 * What is needed to open a replica.
 *
 * @param database its file, which need not exist
 * @param written how the user named it
 * @param store of its replica
 * @param policy what opening may do of its own accord
 * @param openTimeout how long to wait for a store that does not answer
 * @param scrubInterval how often all blocks are compared with the replica's; zero for never
 * @param clock wall time
 * @param ticker monotonic time
 * @param trial asked before the log is taken over, where DuckDB may not be able to open the
 *     database
 * @param rollUpAfter so many changesets the WAL is rolled up
 */
public record OpeningRequest(
    Path database,
    WrittenPath written,
    ObjectStore store,
    OpeningPolicy policy,
    Duration openTimeout,
    Duration scrubInterval,
    InstantSource clock,
    Ticker ticker,
    OpeningTrial trial,
    int rollUpAfter) {}
