package io.haduck.core.replica;

import io.haduck.core.HaduckException;
import io.haduck.core.duckdb.WalCommit;
import io.haduck.core.duckdb.WalFiles;
import io.haduck.core.duckdb.WriteAheadLog;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Whether commits lie in a database's WAL files, and so not yet in the database file. */
final class WalCommits {
  private WalCommits() {}

  /** True also if a file cannot be understood: what is not known to be empty may hold commits. */
  static boolean exist(WalFiles files) {
    return existIn(files.wal()) || existIn(files.checkpoint()) || existIn(files.recovery());
  }

  private static boolean existIn(Path file) {
    if (!Files.exists(file)) {
      return false;
    }
    // Closing a descriptor of a WAL file is harmless: DuckDB locks the database file only.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      WriteAheadLog wal = WriteAheadLog.open(channel, file.toString());
      for (WalCommit commit = wal.next(); commit != null; commit = wal.next()) {
        if (!commit.isCheckpointMark()) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException | HaduckException e) {
      return true;
    }
  }
}
