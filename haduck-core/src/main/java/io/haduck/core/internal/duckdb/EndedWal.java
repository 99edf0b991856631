package io.haduck.core.internal.duckdb;

/**
 * How the commits of an iteration ended: with the mark of the checkpoint that followed them.
 *
 * @param iteration of the header that the commits followed
 * @param length of their stream in bytes, up to the mark
 * @param next the meta block pointer of the header which that checkpoint was to make
 */
public record EndedWal(long iteration, long length, MetadataPointer next) {}
