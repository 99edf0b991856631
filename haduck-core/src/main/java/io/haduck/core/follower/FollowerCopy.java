package io.haduck.core.follower;

import java.nio.file.Path;

/**
 * A copy of the database, whole, at one state of the replica. Its write-ahead log lies beside it,
 * as DuckDB expects it.
 *
 * @param database its file; copies have the same file name in different directories, and no
 *     symbolic links in their paths
 * @param position what it holds
 */
public record FollowerCopy(Path database, FollowedPosition position) {}
