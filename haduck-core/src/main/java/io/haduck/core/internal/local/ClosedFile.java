package io.haduck.core.internal.local;

import io.haduck.core.internal.log.Digest;

/**
 * A database file as DuckDB closed it.
 *
 * @param headers SHA-256 of its first 12,288 bytes
 * @param metadata SHA-256 over ids and hashes of its metadata blocks
 * @param stamp as stat saw it before these were read
 */
public record ClosedFile(Digest headers, Digest metadata, FileStamp stamp) {}
