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
  /** Copies the list, unless nobody can change it. */
  public WalStream {
    runs = WalRuns.of(runs);
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
    requireReached(decoded);
    WalStream before = before(decoded);
    WalSection wal = decoded.changeset().wal();
    return wal == null
        ? before
        : new WalStream(
            wal.iteration(), WalRuns.of(before.upTo(wal.continueAt())).plus(runs(decoded, wal)));
  }

  /** Whether it ends with what a changeset says of it, as far as that can be told from there. */
  boolean endsWith(DecodedChangeset decoded) {
    Changeset changeset = decoded.changeset();
    WalSection wal = changeset.wal();
    if (changeset.isSelfContained()) {
      return equals(empty(changeset.identity().iteration()).after(decoded));
    }
    if (wal == null) {
      return true;
    }
    List<WalRun> last = runs(decoded, wal);
    return length() == wal.end()
        && runs.size() >= last.size()
        && runs.subList(runs.size() - last.size(), runs.size()).equals(last);
  }

  /**
   * Throws unless the stream reaches to where a changeset continues it.
   *
   * @throws CorruptDataException if it does not
   */
  void requireReached(DecodedChangeset decoded) {
    Changeset changeset = decoded.changeset();
    WalSection wal = changeset.wal();
    long end = before(decoded).length();
    if (wal != null && end < wal.continueAt()) {
      throw new CorruptDataException(
          changeset.key()
              + " continues the WAL of iteration "
              + wal.iteration()
              + " at "
              + wal.continueAt()
              + ", but the log holds it up to "
              + end);
    }
  }

  private WalStream before(DecodedChangeset next) {
    Changeset changeset = next.changeset();
    return changeset.kind().hasHeaders() ? empty(changeset.identity().iteration()) : this;
  }

  /** Its runs before an offset, the last one cut off there. */
  private List<WalRun> upTo(long end) {
    if (length() <= end) {
      return runs;
    }
    List<WalRun> kept = new ArrayList<>();
    for (WalRun run : runs) {
      if (run.streamOffset() >= end) {
        break;
      }
      kept.add(cut(run, end));
    }
    return kept;
  }

  private static List<WalRun> runs(DecodedChangeset decoded, WalSection wal) {
    List<WalRun> runs = new ArrayList<>(wal.pieces().size());
    long at = wal.continueAt();
    for (WalPiece piece : wal.pieces()) {
      runs.add(
          WalRun.whole(
              decoded.slice(piece), new SliceContent.Wal(at, piece.length(), piece.sha256())));
      at += piece.length();
    }
    return runs;
  }

  private static WalRun cut(WalRun run, long end) {
    return run.streamEnd() <= end
        ? run
        : new WalRun(run.slice(), run.content(), (int) (end - run.streamOffset()));
  }
}
