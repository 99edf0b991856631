package io.haduck.core.internal.log;

/**
 * Where a block's bytes are in the store.
 *
 * @param objectKey relative to the replica
 * @param offset absolute in the object, in bytes
 * @param storedLength in bytes
 * @param crc32c of the stored bytes
 * @param compressed whether they are a zstd frame
 * @param checksumInvalid whether DuckDB's own checksum does not hold in the block
 */
public record BlockLocation(
    String objectKey,
    long offset,
    int storedLength,
    int crc32c,
    boolean compressed,
    boolean checksumInvalid) {}
