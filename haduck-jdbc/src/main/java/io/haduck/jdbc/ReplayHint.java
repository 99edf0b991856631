package io.haduck.jdbc;

import io.haduck.core.duckdb.WalFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do when DuckDB cannot replay its own write-ahead log, which a restore brings back byte
 * for byte. DuckDB's exception goes through untouched; this says the rest in the log.
 */
final class ReplayHint {
  private static final Logger log = LoggerFactory.getLogger(ReplayHint.class);

  private ReplayHint() {}

  /** Opens a replicated database; on failure logs what may help, and throws what DuckDB threw. */
  static Connection connect(DuckDbConnector duckdb, Path database) throws SQLException {
    try {
      return duckdb.connect();
    } catch (SQLException e) {
      of(database, e).ifPresent(log::error);
      throw e;
    }
  }

  /** Empty if the failure has nothing to do with a write-ahead log. */
  static Optional<String> of(Path database, SQLException failure) {
    Path wal = WalFiles.of(database).wal();
    String message = String.valueOf(failure.getMessage());
    if (!holdsBytes(wal) || !message.contains("WAL")) {
      return Optional.empty();
    }
    return Optional.of(
        "DuckDB cannot open "
            + database
            + " with its write-ahead log "
            + wal
            + " ("
            + message.lines().findFirst().orElse("")
            + "). The files are as DuckDB wrote them. Try another version of DuckDB first. If none replays it, restore the"
            + " last checkpoint, without the write-ahead log, into another file:"
            + " Haduck.restore(RestoreRequest.latest(replica, file).toLastCheckpoint()). That loses what was committed"
            + " after that checkpoint; the result's lost() says how much and since when. Keep the present files");
  }

  private static boolean holdsBytes(Path file) {
    try {
      return Files.size(file) > 0;
    } catch (IOException e) {
      return false;
    }
  }
}
