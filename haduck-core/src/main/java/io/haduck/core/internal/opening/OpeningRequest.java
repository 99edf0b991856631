package io.haduck.core.internal.opening;

import io.haduck.core.Ticker;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.internal.restoring.HandedImage;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.settings.Compression;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * What is needed to open a replica.
 *
 * @param database its file, which need not exist
 * @param written how the user named it
 * @param store of its replica
 * @param lease taken before the log is taken over, if it is not held yet
 * @param policy what opening may do of its own accord
 * @param begunNanos by the ticker, from when on {@code openTimeout} counts
 * @param openTimeout how long to wait for a store that does not answer
 * @param scrubInterval how often all blocks are compared with the replica's; zero for never
 * @param compression of what is sent
 * @param clock wall time
 * @param ticker monotonic time
 * @param trial asked before the log is taken over, where DuckDB may not be able to open the
 *     database
 * @param image a copy of the database that becomes the database, if it is at the log's head and one
 *     has to be restored; null if there is none
 * @param rollUpAfter so many changesets the WAL is rolled up
 * @param reviewFromBytes the metadata is reviewed where a checkpoint would read so many bytes
 * @param compaction when what the log's head refers to is compacted
 */
public record OpeningRequest(
    Path database,
    WrittenPath written,
    ObjectStore store,
    WriterLease lease,
    OpeningPolicy policy,
    long begunNanos,
    Duration openTimeout,
    Duration scrubInterval,
    Compression compression,
    InstantSource clock,
    Ticker ticker,
    OpeningTrial trial,
    @Nullable HandedImage image,
    int rollUpAfter,
    long reviewFromBytes,
    CompactionRules compaction) {}
