package io.haduck.core.internal.log;

/**
 * A numbered object, such as a changeset or snapshot, that a listing of the store shows.
 *
 * @param seq from its key
 * @param length of the object, in bytes
 */
public record LogEntry(long seq, long length) {}
