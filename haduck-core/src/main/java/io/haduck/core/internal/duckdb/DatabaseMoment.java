package io.haduck.core.internal.duckdb;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import java.io.IOException;
import java.util.Optional;

/**
 * A database as it was at one moment: its last checkpoint, and the commits since.
 *
 * @param headers verbatim
 * @param wal the commits that follow them
 */
public record DatabaseMoment(DatabaseHeaders headers, WalView wal) {
  /** Whoever reads the headers of a database for this. */
  public interface Headers {
    /** Reads them. */
    DatabaseHeaders read() throws IOException;

    /** Whether they are still these. */
    boolean areStill(DatabaseHeaders before) throws IOException;
  }

  /**
   * Observes headers and write-ahead log. A rename of a WAL file follows the move of the header, so
   * if the headers are the same after the WAL was read as before, both belong together.
   *
   * @param attempts after which it is given up
   * @return empty if the headers were others each time
   */
  public static Optional<DatabaseMoment> of(Headers headers, IterationWal wal, int attempts)
      throws IOException {
    for (int attempt = 0; attempt < attempts; attempt++) {
      DatabaseHeaders before = headers.read();
      WalView view = wal.observe(before);
      if (headers.areStill(before)) {
        return Optional.of(new DatabaseMoment(before, view));
      }
    }
    return Optional.empty();
  }

  /** The database header's counter, which grows by one with each checkpoint. */
  public long iteration() {
    return headers.active().iteration();
  }

  /** How far the database was. */
  public DatabasePosition position() {
    return new DatabasePosition(iteration(), wal.end(), wal.rewinds());
  }

  /** What is compared with a later moment, to tell whether anything was committed. */
  public CommitMark mark() {
    return new CommitMark(position(), wal.draws(), wal.commits());
  }
}
