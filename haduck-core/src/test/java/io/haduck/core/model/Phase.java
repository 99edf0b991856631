package io.haduck.core.model;

/** How far a session has come. */
enum Phase {
  /** Has not begun. */
  IDLE,
  /** Knows by a LIST where the log ends. */
  LISTED,
  /** Has read the changeset there, and may not write. */
  LOADED,
  /** The PUT of its EPOCH, or of its BASE, is on its way. */
  OPENING,
  /** Is the writer. The PUT of the next changeset is on its way. */
  WRITING,
  /** Was fenced, or somebody was faster; does nothing any more. */
  ENDED;

  static final Phase[] ALL = values();
}
