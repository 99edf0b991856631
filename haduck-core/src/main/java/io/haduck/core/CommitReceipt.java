package io.haduck.core;

import java.time.Duration;
import java.time.Instant;

/**
 * A changeset that is in the log.
 *
 * @param seq its place in the log
 * @param kind what it was
 * @param iteration of the database that it holds
 * @param walOffset up to which the log has the WAL's stream of that iteration, in bytes
 * @param blocks new or changed, which it brought
 * @param blocksInUse of the database
 * @param blocksRead that had to be read and hashed to find them
 * @param bytes written to the store for it, compressed, headers and index included
 * @param rawBytes of the blocks and the WAL among these bytes, before they were compressed
 * @param blockSize in bytes
 * @param elapsed from observing the file to the store's answer
 * @param time in the changeset, by this machine's clock
 */
public record CommitReceipt(
    long seq,
    CommitKind kind,
    long iteration,
    long walOffset,
    int blocks,
    int blocksInUse,
    int blocksRead,
    long bytes,
    long rawBytes,
    int blockSize,
    Duration elapsed,
    Instant time) {}
