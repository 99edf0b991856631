package io.haduck.core.internal.log;

/**
 * A changeset or snapshot that a listing of the store shows.
 *
 * @param seq from its key
 * @param length of the object, in bytes
 */
record LogEntry(long seq, long length) {}
