package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.ArrayList;
import java.util.List;

/**
 * The write-ahead log's stream of one iteration, as far as the log holds it.
 *
 * @param iteration whose stream it is
 * @param runs contiguous from offset 0 of the stream
 */
public record WalStream(long iteration, List<WalRun> runs) {
  /** Copies the list. */
  public WalStream {
    runs = List.copyOf(runs);
  }

  /** An iteration of which the log holds no WAL. */
  static WalStream empty(long iteration) {
    return new WalStream(iteration, List.of());
  }

  /** In bytes. */
  public long length() {
    return runs.isEmpty() ? 0 : runs.get(runs.size() - 1).streamEnd();
  }

  /** The stream after a changeset. */
  WalStream after(DecodedChangeset decoded) {
    Changeset changeset = decoded.changeset();
    WalSection wal = changeset.wal();
    WalStream before =
        changeset.kind().hasHeaders() ? empty(changeset.identity().iteration()) : this;
    if (wal == null) {
      return before;
    }
    List<WalRun> result = new ArrayList<>();
    for (WalRun run : before.runs) {
      if (run.streamOffset() >= wal.continueAt()) {
        break;
      }
      result.add(cut(run, wal.continueAt()));
    }
    long end = result.isEmpty() ? 0 : result.get(result.size() - 1).streamEnd();
    if (end != wal.continueAt()) {
      throw new CorruptDataException(
          changeset.key()
              + " continues the WAL of iteration "
              + wal.iteration()
              + " at "
              + wal.continueAt()
              + ", but the log holds it up to "
              + end);
    }
    append(result, end, decoded, wal.pieces());
    return new WalStream(wal.iteration(), result);
  }

  private static void append(
      List<WalRun> to, long streamOffset, DecodedChangeset decoded, List<WalPiece> pieces) {
    long at = streamOffset;
    for (WalPiece piece : pieces) {
      to.add(
          WalRun.whole(
              decoded.slice(piece), new SliceContent.Wal(at, piece.length(), piece.sha256())));
      at += piece.length();
    }
  }

  private static WalRun cut(WalRun run, long end) {
    return run.streamEnd() <= end
        ? run
        : new WalRun(run.slice(), run.content(), (int) (end - run.streamOffset()));
  }
}
