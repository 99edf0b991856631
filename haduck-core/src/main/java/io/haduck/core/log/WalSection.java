package io.haduck.core.log;

import java.util.List;

/**
 * What a changeset says of the write-ahead log: cut the iteration's stream off at {@code
 * continueAt}, then append the pieces.
 *
 * @param iteration whose stream it is; that of the changeset's identity
 * @param continueAt offset in that stream, in bytes; 0 in a BASE or CHECKPOINT
 * @param rolledUp pieces that hold the stream's bytes from 0 on once more, up to {@code continueAt}
 *     at most, so that a reader need not fetch every WAL changeset before this one; may be empty
 * @param pieces the stream's bytes from {@code continueAt} on; may be empty
 */
public record WalSection(
    long iteration, long continueAt, List<WalPiece> rolledUp, List<WalPiece> pieces) {
  /** Copies the lists and checks what can be checked here. */
  public WalSection {
    rolledUp = List.copyOf(rolledUp);
    pieces = List.copyOf(pieces);
    if (iteration < 0 || continueAt < 0 || length(rolledUp) > continueAt) {
      throw new IllegalArgumentException(
          "WAL of iteration "
              + iteration
              + " continues at "
              + continueAt
              + ", "
              + length(rolledUp)
              + " bytes rolled up");
    }
    if (continueAt + length(pieces) < 0) {
      throw new IllegalArgumentException("WAL of iteration " + iteration + " ends beyond 2^63");
    }
  }

  /** Where the stream ends after this changeset, in bytes. */
  public long end() {
    return continueAt + length(pieces);
  }

  private static long length(List<WalPiece> pieces) {
    return pieces.stream().mapToLong(WalPiece::length).sum();
  }
}
