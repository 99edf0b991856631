package io.haduck.jdbc;

import java.time.Duration;

/**
 * What {@link Haduck#checkpoint} did. Whether there was a checkpoint or not, everything that was
 * committed before the call is on the replica.
 *
 * @param checkpointed whether DuckDB made a checkpoint; false if other transactions kept it from it
 *     all the time, and the commits were sent as they stand in the write-ahead log instead
 * @param seq of the changeset in the log that holds it all; 0 in local-only mode
 * @param blocks that the checkpoint changed; 0 if there was nothing new. What commits before it
 *     have sent already is among them, and referred to instead of sent again
 * @param blocksInUse of the database, 0 if nothing was sent
 * @param bytes that were sent with that changeset, compressed, headers and index included
 * @param attempts of DuckDB's CHECKPOINT, which fails while other transactions write
 * @param elapsed from the call until the replica had it
 */
public record CheckpointResult(
    boolean checkpointed,
    long seq,
    int blocks,
    int blocksInUse,
    long bytes,
    int attempts,
    Duration elapsed) {}
