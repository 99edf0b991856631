package io.haduck.core.points;

import java.time.Instant;

/**
 * A state of a replica that has a name, and is kept as long as it has. Immutable.
 *
 * @param name by which it is restored
 * @param seq of its changeset
 * @param time when that was committed, by its writer's clock
 * @param written when it was named, by the store's clock
 */
public record Point(String name, long seq, Instant time, Instant written) {}
