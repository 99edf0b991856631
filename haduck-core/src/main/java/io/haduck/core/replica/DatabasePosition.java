package io.haduck.core.replica;

/**
 * How far a local database is.
 *
 * @param iteration of its active header: counts checkpoints
 * @param walCommits whether its WAL holds commits that came after that checkpoint
 */
public record DatabasePosition(long iteration, boolean walCommits) {}
