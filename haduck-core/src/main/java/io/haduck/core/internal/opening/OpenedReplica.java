package io.haduck.core.internal.opening;

import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.upkeep.Scrub;
import io.haduck.core.restore.RestoreResult;
import org.jspecify.annotations.Nullable;

/**
 * What an opening has made; whoever gets it ends it.
 *
 * @param store of the log
 * @param late how the log is to be taken over yet; null if it was
 * @param restored what was restored; null if nothing was missing
 * @param lock held until DuckDB and the replicator are done with the database
 * @param backoff between attempts of the same store
 */
public record OpenedReplica(
    LocalFiles files,
    ReplicaWriter writer,
    PatientStore store,
    ReplicationLog replicationLog,
    RangeFetcher fetcher,
    Scrub scrub,
    @Nullable OfflineOpening late,
    @Nullable RestoreResult restored,
    ProcessLock lock,
    Backoff backoff) {}
