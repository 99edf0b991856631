package io.haduck.core.replica;

import io.haduck.core.log.Digest;

/**
 * A database file as DuckDB closed it.
 *
 * @param headers SHA-256 of its first 12,288 bytes
 * @param metadata SHA-256 over ids and hashes of its metadata blocks
 * @param stamp as stat saw it before these were read
 */
record ClosedFile(Digest headers, Digest metadata, FileStamp stamp) {}
