package io.haduck.testing.internal;

/**
 * What a {@link Workload} does.
 *
 * @param writers how many
 * @param indexes whether tables are given indexes
 * @param forced whether some checkpoints are forced; not while other transactions stay open
 * @param bulkEvery one of so many transactions loads more than a row group
 */
public record WorkloadShape(int writers, boolean indexes, boolean forced, int bulkEvery) {}
