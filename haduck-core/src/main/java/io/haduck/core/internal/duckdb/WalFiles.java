package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three files in which DuckDB keeps the write-ahead log of a database.
 *
 * @param wal {@code F.wal}: commits since the last checkpoint
 * @param checkpoint {@code F.wal.checkpoint}: commits while a checkpoint runs (DuckDB 1.5 and
 *     later)
 * @param recovery {@code F.wal.recovery}: made while a database is opened after a crash
 */
public record WalFiles(Path wal, Path checkpoint, Path recovery) {
  /**
   * The files beside {@code database}. DuckDB puts the suffix before the first question mark
   * anywhere in the path that it was given ({@code Path::AddSuffixToPath}), so pass the path as
   * DuckDB gets it.
   */
  public static WalFiles of(Path database) {
    return new WalFiles(
        withSuffix(database, ".wal"),
        withSuffix(database, ".wal.checkpoint"),
        withSuffix(database, ".wal.recovery"));
  }

  /** Whether any of them is there and not empty; costs a few calls of stat. */
  public boolean holdAnything() {
    return holdsBytes(wal) || holdsBytes(checkpoint) || holdsBytes(recovery);
  }

  private static boolean holdsBytes(Path file) {
    try {
      return Files.size(file) > 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Path withSuffix(Path database, String suffix) {
    String path = database.toString();
    int questionMark = path.indexOf('?');
    int at = questionMark < 0 ? path.length() : questionMark;
    return database.getFileSystem().getPath(path.substring(0, at) + suffix + path.substring(at));
  }
}
