package io.haduck.jdbc;

import io.haduck.core.replica.ReplicatorStatus;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a database is doing.
 *
 * @param database its file, symbolic links resolved
 * @param role what this process does with it
 * @param connections that are open through haduck
 * @param replication of it; empty in local-only mode
 */
public record DatabaseStatus(
    Path database, DatabaseRole role, int connections, Optional<ReplicatorStatus> replication) {}
