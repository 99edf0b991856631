package io.haduck.jdbc;

import io.haduck.core.follower.FollowerStatus;
import io.haduck.core.replica.ReplicatorStatus;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a database is doing.
 *
 * @param database its file, symbolic links resolved
 * @param role what this process does with it
 * @param connections that are open through haduck
 * @param lockLost whether DuckDB has the file open and its lock on it is gone, so that another
 *     process could open it too and destroy it; false where the system does not tell (anything but
 *     Linux)
 * @param replication of what this process writes; empty if it writes nothing to a replica
 * @param following of what another process writes; empty if this one does not follow it
 */
public record DatabaseStatus(
    Path database,
    DatabaseRole role,
    int connections,
    boolean lockLost,
    Optional<ReplicatorStatus> replication,
    Optional<FollowerStatus> following) {}
