package io.haduck.core.internal.capture;

import io.haduck.core.DatabasePosition;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.EndedWal;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.local.ClosedFile;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.watch.DatabaseObserver;
import java.io.IOException;
import java.util.Optional;

/**
 * The proof that a file which DuckDB has closed differs from what the log holds by nothing but
 * DuckDB's closing checkpoint: it holds the same rows in other blocks.
 *
 * <p>The log held exactly what was committed just before the close; behind that the WAL held
 * nothing but the mark of a checkpoint; and the file's header is the one that this mark names, with
 * no WAL behind it. One thing the WAL does not tell: DuckDB can commit what is large by a
 * checkpoint alone. So nobody else may have had a connection when the close began, or have the file
 * open when it was over, and nothing may have been written since, which the caller knows. Where
 * somebody came and went just between, that shows in nothing: so what is replaced by this proof is
 * kept.
 */
final class ClosingCheckpointProof {
  private ClosingCheckpointProof() {}

  /**
   * Looks for the proof, while DuckDB has the file closed.
   *
   * @param before where the database was just before its only connection was closed
   * @param closed the file just after that, while nobody had it open
   * @param held what the log holds
   * @return the file as it is; empty if nothing is proven
   */
  static Optional<ClosedFile> find(
      DatabaseObserver observer, DatabasePosition before, FileStamp closed, DatabasePosition held)
      throws IOException {
    DatabaseFile file = observer.file();
    DatabaseMoment now = observer.observeMoment();
    boolean proven =
        held.equals(before)
            && FileStamp.of(file.path()).equals(closed)
            && now.iteration() == before.iteration() + 1
            && now.wal().end() == 0
            && observer
                .wal()
                .ended()
                .filter(
                    new EndedWal(
                            before.iteration(),
                            before.walOffset(),
                            now.headers().active().metaBlockPointer())
                        ::equals)
                .isPresent();
    return proven
        ? Optional.of(
            new ClosedFile(
                FileProof.headers(now.headers()),
                FileProof.metadata(file, now.headers(), FreeList.read(file, now.headers())),
                closed))
        : Optional.empty();
  }
}
