package io.haduck.core.internal.log;

import io.haduck.core.CommitKind;

/** What a changeset does to the database. */
public enum ChangesetKind {
  /** All blocks in use: the database as a whole, whatever came before. */
  BASE(1),
  /** The blocks that changed since the parent, up to a new header. */
  CHECKPOINT(2),
  /** Committed bytes of the write-ahead log, and the blocks that they refer to. */
  WAL(3),
  /** Nothing: a new writer took over, and every earlier one is fenced. */
  EPOCH(4);

  private final int code;

  ChangesetKind(int code) {
    this.code = code;
  }

  /** As it stands in a changeset. */
  int code() {
    return code;
  }

  /** Reads one from where it stands; an unknown one is an {@link UnknownFormatException}. */
  static ChangesetKind read(Input in) {
    int at = in.offset();
    int code = in.i32();
    for (ChangesetKind kind : values()) {
      if (kind.code() == code) {
        return kind;
      }
    }
    throw in.unknown(at, "kind " + Integer.toUnsignedString(code));
  }

  /** Whether the changeset carries the 12 KiB of database headers. */
  public boolean hasHeaders() {
    return this == BASE || this == CHECKPOINT;
  }

  /** Whether a writer opens the log by it. */
  public boolean opens() {
    return this == BASE || this == EPOCH;
  }

  /** As users see it. */
  public CommitKind ofCommit() {
    return switch (this) {
      case BASE -> CommitKind.BASE;
      case CHECKPOINT -> CommitKind.CHECKPOINT;
      case WAL -> CommitKind.WAL;
      case EPOCH -> CommitKind.EPOCH;
    };
  }
}
