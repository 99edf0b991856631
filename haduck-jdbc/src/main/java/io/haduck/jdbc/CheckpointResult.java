package io.haduck.jdbc;

import java.time.Duration;

/**
 * What {@link Haduck#checkpoint} did.
 *
 * @param seq of the changeset in the log that holds the checkpoint; 0 in local-only mode
 * @param blocks that were sent for it; 0 if there was nothing new
 * @param blocksInUse of the database, 0 if nothing was sent
 * @param bytes that were sent for it, compressed, headers and index included
 * @param attempts of DuckDB's CHECKPOINT, which fails while other transactions write
 * @param elapsed from the call until the replica had it
 */
public record CheckpointResult(
    long seq, int blocks, int blocksInUse, long bytes, int attempts, Duration elapsed) {}
