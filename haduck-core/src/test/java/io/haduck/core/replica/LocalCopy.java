package io.haduck.core.replica;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Copies a database that DuckDB has open and nobody changes, with its WAL, past the lock trap. */
final class LocalCopy {
  private LocalCopy() {}

  static void make(Path database, Path copy) throws IOException {
    DatabaseFile file = DatabaseFiles.open(database);
    byte[] part = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(copy)) {
      long position = 0;
      int read = file.readUpTo(position, part, 0, part.length);
      while (read > 0) {
        out.write(part, 0, read);
        position += read;
        read = file.readUpTo(position, part, 0, part.length);
      }
    }
    for (String suffix : new String[] {".wal", ".wal.checkpoint", ".wal.recovery"}) {
      Path wal = Path.of(database + suffix);
      if (Files.exists(wal)) {
        Files.copy(wal, Path.of(copy + suffix));
      }
    }
  }
}
