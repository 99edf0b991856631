package io.haduck.core.internal.log;

/**
 * A piece of a write-ahead log's stream, found by an absolute place.
 *
 * @param objectKey relative to the replica
 * @param offset absolute in the object, in bytes
 * @param piece lengths, checksums and compression
 * @param streamOffset where in the stream its first byte belongs, in bytes
 * @param usedLength how many of its raw bytes count; the rest was cut off later
 */
public record WalRun(
    String objectKey, long offset, WalPiece piece, long streamOffset, int usedLength) {
  /** Whether all of the piece counts: nothing of it was cut off. */
  public boolean isWhole() {
    return usedLength == piece.length();
  }

  /** Where in the stream it ends, in bytes. */
  public long streamEnd() {
    return streamOffset + usedLength;
  }
}
