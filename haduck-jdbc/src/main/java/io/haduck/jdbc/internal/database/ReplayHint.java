package io.haduck.jdbc.internal.database;

import io.haduck.core.internal.duckdb.WalFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do when DuckDB cannot open a replicated database, by its kind of failure. DuckDB's
 * exception goes through untouched; this says the rest in the log. To leave commits out is advised
 * for nothing but what DuckDB cannot replay or read.
 */
public final class ReplayHint {
  private static final Logger log = LoggerFactory.getLogger(ReplayHint.class);

  private ReplayHint() {}

  /** Logs what may help, if anything does. */
  static void tell(Path database, SQLException failure) {
    of(database, failure).ifPresent(log::error);
  }

  /** Empty if nothing is known that helps. */
  public static Optional<String> of(Path database, SQLException failure) {
    Path wal = WalFiles.of(database).wal();
    boolean replays = holdsBytes(wal);
    String first = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    String opening =
        "DuckDB cannot open "
            + database
            + (replays ? " with its write-ahead log " + wal : "")
            + " ("
            + first
            + "). ";
    return switch (OpeningFailure.of(failure)) {
      case MEMORY ->
          Optional.of(
              opening
                  + "It ran out of memory, and nothing is wrong with the files: keep them as they are"
                  + (replays
                      ? ". To replay a write-ahead log can take several times its "
                          + size(wal)
                          + " bytes; once it is checkpointed, less is enough"
                      : "")
                  + ". Give DuckDB more: raise memory_limit in the URL or the machine's memory, and perhaps lower threads");
      case EXTENSION ->
          Optional.of(
              opening
                  + "The database uses an extension that this DuckDB does not have: keep the files as they are. Install and"
                  + " load the extension (or allow autoinstall_known_extensions and autoload_known_extensions in the URL), and"
                  + " where it has to be loaded before the database is opened, open an in-memory database, LOAD it there,"
                  + " and ATTACH this one");
      case ACCESS ->
          Optional.of(
              opening
                  + "The operating system refused, or another process or instance has the file: keep the files as they"
                  + " are. Look at owner, permissions, mount and free space of all files beside the database, and for"
                  + " another process that has it open");
      case NEWER_VERSION ->
          Optional.of(
              opening
                  + "A newer DuckDB wrote it: keep the files as they are, and open it with that version or a later one");
      case REPLAY -> replays ? Optional.of(opening + replay()) : Optional.empty();
      case DAMAGED ->
          Optional.of(
              opening
                  + "It does not read what is in the file, which may be damaged: keep the files as they are. Restore the"
                  + " replica, whose every block is verified, into another file:"
                  + " Haduck.restore(RestoreRequest.latest(replica, file)), and if that does not open either, with"
                  + " toNewestReadable()");
      case OTHER -> Optional.empty();
    };
  }

  private static String replay() {
    return "The files are as DuckDB wrote them: keep them. First, on a copy of both, let DuckDB open it another way: an"
        + " in-memory database that runs ATTACH '…' AS the file's name, CHECKPOINT and DETACH replays more than opening the"
        + " file itself does (on DuckDB 1.4, and of ALTER … USING, it computes values such as now() anew). Or try a newer"
        + " DuckDB. If nothing replays it, restore the newest commit that DuckDB does open, into another file:"
        + " Haduck.restore(RestoreRequest.latest(replica, file).toNewestReadable()). That leaves out as little as can be;"
        + " the result's lost() says which commits, of which time, and how many. docs/reference/duckdb.md lists what is known not"
        + " to replay";
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private static boolean holdsBytes(Path file) {
    return size(file) > 0;
  }
}
