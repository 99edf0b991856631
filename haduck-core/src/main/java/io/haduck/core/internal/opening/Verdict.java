package io.haduck.core.internal.opening;

/** What a local database is to the log. */
enum Verdict {
  /** Neither file nor log: DuckDB makes a database, a BASE begins the log. */
  NEW,
  /** A file and an empty log that do not know each other: a BASE begins the log. */
  ADOPT,
  /** No file: the head is restored. */
  RESTORE,
  /** The blocks are the head's and need not be read; its WAL holds the log's, and perhaps more. */
  UNCHANGED,
  /**
   * As unchanged, but for size or time of the file, as after a crash: its blocks are looked through
   * in the background.
   */
  RECORDED,
  /** Every block was hashed and is the head's; its WAL holds the log's, and perhaps more. */
  PROVEN,
  /** The file was at the head and has moved on: all blocks are hashed, the difference sent. */
  DESCENDANT,
  /**
   * The log holds all of the file, and more: the head is restored over it, from what is there as
   * far as that goes.
   */
  FAST_FORWARD,
  /**
   * The same, as far as is known: the file was closed with a checkpoint of DuckDB's own, and rows
   * are not compared. So it is kept under another name.
   */
  FAST_FORWARD_KEEPING,
  /** Restored to an earlier point, which becomes the head again by another changeset. */
  REWIND,
  /** The file has changes of its own, or is of another history. */
  DIVERGED;

  /** Whether what DuckDB opens then is the file that the log knows, as it is. */
  boolean opensWhatIsThere() {
    return switch (this) {
      case UNCHANGED, RECORDED, PROVEN, DESCENDANT, REWIND -> true;
      case NEW, ADOPT, RESTORE, FAST_FORWARD, FAST_FORWARD_KEEPING, DIVERGED -> false;
    };
  }
}
