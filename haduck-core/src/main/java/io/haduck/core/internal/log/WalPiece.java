package io.haduck.core.internal.log;

/**
 * A run of bytes of a write-ahead log's stream (docs/internals/duckdb-files.md#the-write-ahead-log)
 * and where they are.
 *
 * @param object as in {@link StoredBlock}
 * @param offset in bytes: relative to the inline data, or absolute in another object; below 2^32
 * @param storedLength in bytes; equal to {@code length} if not compressed, less if compressed
 * @param length of the raw bytes
 * @param crc32c of the stored bytes
 * @param compressed whether the stored bytes are a zstd frame
 * @param sha256 of the raw bytes
 */
public record WalPiece(
    int object,
    long offset,
    int storedLength,
    int length,
    int crc32c,
    boolean compressed,
    Digest sha256) {
  /** The longest piece, in bytes, raw; what is longer goes into several. */
  public static final int MAX_LENGTH = 32 << 20;

  /** Checks each value for itself; {@link Changeset} checks them against their surroundings. */
  public WalPiece {
    if (object < 0 || offset < 0 || offset > 0xffff_ffffL) {
      throw new IllegalArgumentException("WAL piece in object " + object + " at offset " + offset);
    }
    if (length <= 0
        || length > MAX_LENGTH
        || storedLength <= 0
        || storedLength > length
        || (storedLength == length) == compressed) {
      throw new IllegalArgumentException(
          "WAL piece of " + length + " bytes, stored in " + storedLength);
    }
  }

  /** A piece whose bytes lie where the slice says, in what is {@code object} here. */
  static WalPiece of(int object, ObjectSlice slice, SliceContent.Wal content) {
    return new WalPiece(
        object,
        slice.offset(),
        slice.storedLength(),
        content.length(),
        slice.crc32c(),
        slice.compressed(),
        content.sha256());
  }
}
