package io.haduck.core.internal.log;

import java.util.List;

/**
 * What a changeset says of the write-ahead log: cut the iteration's stream off at {@code
 * continueAt}, then append the pieces.
 *
 * <p>A WAL changeset that is <i>self-contained</i> yields the same when it is applied to the state
 * at its anchor as when it is applied to its parent: its pieces are the whole stream, and its
 * blocks are all that changed since the anchor. A reader reaches it without the WAL changesets
 * before it, and finds the last one by the {@code rollUp} of those that follow.
 *
 * @param iteration whose stream it is; that of the changeset's identity
 * @param continueAt offset in that stream, in bytes; 0 if self-contained
 * @param selfContained see above; always true in a BASE or CHECKPOINT
 * @param rollUp the last self-contained WAL changeset between the anchor and this one; {@link
 *     LogPosition#START} if there is none, and always if this one is self-contained itself
 * @param pieces the stream's bytes from {@code continueAt} on; may be empty
 */
public record WalSection(
    long iteration,
    long continueAt,
    boolean selfContained,
    LogPosition rollUp,
    List<WalPiece> pieces) {
  /** Copies the list and checks what can be checked here. */
  public WalSection {
    pieces = List.copyOf(pieces);
    if (iteration < 0 || continueAt < 0) {
      throw new IllegalArgumentException(
          "WAL of iteration " + iteration + " continues at " + continueAt);
    }
    if (selfContained && (continueAt != 0 || !rollUp.equals(LogPosition.START))) {
      throw new IllegalArgumentException(
          "self-contained WAL continues at " + continueAt + ", with roll-up " + rollUp);
    }
    if (continueAt + length(pieces) < 0) {
      throw new IllegalArgumentException("WAL of iteration " + iteration + " ends beyond 2^63");
    }
  }

  /** The whole stream: that of a BASE, CHECKPOINT or self-contained WAL changeset. */
  public static WalSection whole(long iteration, List<WalPiece> pieces) {
    return new WalSection(iteration, 0, true, LogPosition.START, pieces);
  }

  /**
   * What follows in the stream.
   *
   * @param rollUp that of the state before, {@link LogState#rollUp()}
   */
  public static WalSection continued(
      long iteration, long continueAt, LogPosition rollUp, List<WalPiece> pieces) {
    return new WalSection(iteration, continueAt, false, rollUp, pieces);
  }

  /** Where the stream ends after this changeset, in bytes. */
  public long end() {
    return continueAt + length(pieces);
  }

  /** How many bytes of the stream the pieces hold. */
  long length() {
    return length(pieces);
  }

  private static long length(List<WalPiece> pieces) {
    return pieces.stream().mapToLong(WalPiece::length).sum();
  }
}
