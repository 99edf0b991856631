package io.haduck.core.replica;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * What a restore did.
 *
 * @param destination the database file that is now there
 * @param seq of the changeset whose state it holds
 * @param headSeq the last of the log; greater than {@code seq} if an earlier point was asked for
 * @param commitTime when that was committed, by its writer's clock
 * @param blocks written
 * @param bytesFetched from the store
 * @param fileSize in bytes, holes included
 * @param elapsed time the whole took
 */
public record RestoreResult(
    Path destination,
    long seq,
    long headSeq,
    Instant commitTime,
    long blocks,
    long bytesFetched,
    long fileSize,
    Duration elapsed) {}
