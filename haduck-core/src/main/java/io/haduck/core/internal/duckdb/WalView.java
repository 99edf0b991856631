package io.haduck.core.internal.duckdb;

/**
 * How far the WAL of one iteration is, as one stream over DuckDB's files
 * (docs/internals/duckdb-files.md#the-write-ahead-log).
 *
 * @param iteration of the database header that the commits follow
 * @param end behind the last commit, in bytes of the stream; 0 if nothing was committed
 * @param unchangedUpTo offset up to which the stream is what it was when {@link
 *     IterationWal#committed} was last called; {@link Long#MAX_VALUE} if it was only appended to
 * @param rewinds how often so far the stream was found to have changed otherwise than by appending
 * @param commits that the stream holds
 * @param draws how many commits of nothing but sequence values were seen so far, in all iterations;
 *     also grows when some may have passed unseen
 * @param present whether there was a file at all, at the moment of which the rest is told
 * @param checkpointRunning whether DuckDB has begun a checkpoint that is not over
 */
public record WalView(
    long iteration,
    long end,
    long unchangedUpTo,
    long rewinds,
    long commits,
    long draws,
    boolean present,
    boolean checkpointRunning) {}
