package io.haduck.core.internal.local;

import io.haduck.core.internal.duckdb.WalFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A database file and what lies beside it.
 *
 * @param database F: absolute, symbolic links resolved, so that one file has one name
 * @param wal DuckDB's WAL files
 * @param record {@code F.haduck}: what the local file is, see {@link LocalRecord}
 * @param lock {@code F.haduck-lock}: held by the one haduck process that has the database
 */
public record LocalFiles(Path database, WalFiles wal, Path record, Path lock) {
  /** 255 bytes, less those of {@code .haduck-restore-}, a UUID and {@code .wal}. */
  private static final int LONGEST_NAME = 255 - 56;

  /** The files of a database, whether or not it exists yet. */
  public static LocalFiles of(Path database) throws IOException {
    Path absolute = database.toAbsolutePath().normalize();
    Path resolved;
    if (Files.exists(absolute)) {
      resolved = absolute.toRealPath();
    } else if (Files.isSymbolicLink(absolute)) {
      throw new IOException(absolute + " is a symbolic link to a file that does not exist");
    } else {
      Path directory = absolute.getParent();
      if (directory == null || !Files.isDirectory(directory)) {
        throw new IOException("the directory of " + absolute + " does not exist; create it first");
      }
      resolved = directory.toRealPath().resolve(absolute.getFileName());
    }
    requireShortName(resolved);
    return new LocalFiles(
        resolved,
        WalFiles.of(resolved),
        beside(resolved, ".haduck"),
        beside(resolved, ".haduck-lock"));
  }

  /** Found out now, and not when a restore or DuckDB's WAL fails by it. */
  private static void requireShortName(Path database) throws IOException {
    int length = String.valueOf(database.getFileName()).getBytes(StandardCharsets.UTF_8).length;
    if (length > LONGEST_NAME) {
      throw new IOException(
          "its file name takes "
              + length
              + " bytes, and with what lies beside it, such as F.haduck-restore-{nonce}.wal, file systems allow "
              + LONGEST_NAME
              + "; use a shorter one");
    }
  }

  /** The directory that all of them are in. */
  public Path directory() {
    return database.resolveSibling("").normalize();
  }

  /** Whether F is there. */
  public boolean databaseExists() {
    return Files.exists(database, LinkOption.NOFOLLOW_LINKS);
  }

  /** Whether any of DuckDB's WAL files is there and not empty. */
  public boolean walExists() {
    return wal.holdAnything();
  }

  /** The record that a restore will make {@link #record()} when its file is in place. */
  public Path nextRecord() {
    return beside(".haduck-next");
  }

  /** A file beside F whose name begins with F's. */
  public Path beside(String suffix) {
    return beside(database, suffix);
  }

  /** A file beside one whose name begins with its name. */
  public static Path beside(Path database, String suffix) {
    return database.resolveSibling(database.getFileName() + suffix);
  }
}
