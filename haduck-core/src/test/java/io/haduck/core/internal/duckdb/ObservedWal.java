package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The WAL of a database in a directory, and what is seen of it. */
abstract class ObservedWal {
  @TempDir Path directory;
  Path path;
  WalFiles files;

  @BeforeEach
  void name() {
    path = directory.resolve("my.duckdb");
    files = WalFiles.of(path);
  }

  static DatabaseHeaders headers(Path database) throws IOException {
    return DatabaseFiles.open(database).readHeaders();
  }

  /** Returns all that a look has seen. */
  static byte[] stream(IterationWal wal, WalView view) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(view.end())];
    wal.read(view.iteration(), 0, bytes, 0, bytes.length);
    return bytes;
  }
}
