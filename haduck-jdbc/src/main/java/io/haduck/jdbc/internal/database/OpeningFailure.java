package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import java.util.Locale;

/**
 * Why DuckDB did not open a database, by the words of its error, which has no SQLState. What fails
 * for want of memory, an extension, access or a newer DuckDB while the write-ahead log is replayed
 * says so within "Failure while replaying WAL file": none of these is a log that cannot be
 * replayed, and they are told first.
 */
public enum OpeningFailure {
  /** Not enough memory, or room in DuckDB's temporary directory. */
  MEMORY(
      "out of memory",
      "outofmemory",
      "failed to pin block",
      "could not allocate block",
      "failed to allocate",
      "could not allocate",
      "cannot allocate memory",
      "bad_alloc",
      "memory_limit",
      "failed to offload data block",
      "max_temp_directory_size"),
  /** What the database uses is of an extension that is not loaded. */
  EXTENSION(
      "missing extension",
      "unknown index type",
      "that provides this index type",
      "install the required extension",
      "exists in the",
      "requires the extension",
      "extension has not been loaded",
      "extension is not loaded",
      "failed to load extension",
      "failed to download extension"),
  /** Somebody else has the file, or the file system refuses. */
  ACCESS(
      "could not set lock",
      "conflicting lock",
      "unique file handle conflict",
      "permission denied",
      "operation not permitted",
      "read-only file system",
      "cannot open file",
      "could not open file",
      "could not read from file",
      "no such file",
      "no space left",
      "too many open files",
      "input/output error",
      "different configuration than existing connections",
      "could not truncate file",
      "could not remove file",
      "could not move file",
      "could not rename file"),
  /** A newer DuckDB wrote it. */
  NEWER_VERSION(
      "newer version of duckdb",
      "newer duckdb version",
      "trying to read a database file with version number",
      "failed to read wal of version",
      "can only read version",
      "not supported by this version of duckdb"),
  /** DuckDB does not replay what DuckDB wrote. */
  REPLAY(
      "failure while replaying",
      "wal does not match database file",
      "this wal was created for",
      "corrupt wal",
      "wal checkpoint marker",
      "wal cannot contain"),
  /**
   * DuckDB does not read what is in the file. Its assertions count: an opening does nothing but
   * read, so what it stumbles over is there.
   */
  DAMAGED(
      "corrupt",
      "failed to deserialize",
      "serialization error",
      "not a valid duckdb database file",
      "internal error"),
  /** Anything else: not known to have to do with the state of the database. */
  OTHER();

  /** One a line. */
  private final String words;

  OpeningFailure(String... words) {
    this.words = String.join("\n", words);
  }

  /** Whether what is in the files is the reason, so that an earlier state may open. */
  public boolean ofContent() {
    return this == REPLAY || this == DAMAGED;
  }

  /**
   * Whether it is the file that was not opened. Other failures are of options, or of SQL that was
   * to run at once.
   */
  public boolean ofFile() {
    return this != OTHER;
  }

  /** Never fails. */
  public static OpeningFailure of(SQLException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    if (message.contains("failure while replaying") && message.contains("'core_functions")) {
      return REPLAY; // DuckDB 2.0, before it knows its own functions: nothing can be installed
    }
    for (OpeningFailure kind : values()) {
      if (kind.words.lines().anyMatch(message::contains)) {
        return kind;
      }
    }
    return OTHER;
  }
}
