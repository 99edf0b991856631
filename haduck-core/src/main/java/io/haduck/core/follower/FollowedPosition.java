package io.haduck.core.follower;

import java.time.Instant;
import java.util.UUID;

/**
 * A state of a replica that a follower knows or shows.
 *
 * @param lineage of the database
 * @param epoch counts the writers
 * @param writer the nonce of the last changeset's writer
 * @param seq of the last changeset
 * @param digest of that changeset, in hexadecimal digits
 * @param iteration of the database
 * @param walOffset up to which the WAL's stream of that iteration is part of it, in bytes
 * @param time in the changeset, by its writer's clock
 */
public record FollowedPosition(
    UUID lineage,
    long epoch,
    UUID writer,
    long seq,
    String digest,
    long iteration,
    long walOffset,
    Instant time) {}
