package io.haduck.core.internal.log;

/** What became of an attempt to append a changeset. */
public enum AppendOutcome {
  /** It is in the log, and readers see it. */
  COMMITTED,
  /** Another changeset has its place, or the log went on without this writer: it is fenced. */
  TAKEN,
  /** Nobody knows: append the same bytes again. */
  UNKNOWN
}
