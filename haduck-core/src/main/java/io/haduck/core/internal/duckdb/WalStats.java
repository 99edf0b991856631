package io.haduck.core.internal.duckdb;

import org.jspecify.annotations.Nullable;

/**
 * What stat said of the WAL files just before each was read, by which it is known whether they may
 * have changed since.
 *
 * @param wal null if there was none
 * @param checkpoint null if there was none
 */
public record WalStats(@Nullable FileStat wal, @Nullable FileStat checkpoint) {}
