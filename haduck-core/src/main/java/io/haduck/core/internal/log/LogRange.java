package io.haduck.core.internal.log;

import java.time.Instant;

/**
 * The moments that a log holds.
 *
 * @param firstSeq the first whose state can be read
 * @param firstTime of it, by its writer's clock
 * @param lastSeq the head
 * @param lastTime of it
 */
public record LogRange(long firstSeq, Instant firstTime, long lastSeq, Instant lastTime) {}
