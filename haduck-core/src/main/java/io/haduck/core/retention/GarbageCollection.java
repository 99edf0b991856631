package io.haduck.core.retention;

/** Whether a writer deletes what its replica's retention gives up. */
public enum GarbageCollection {
  /** It does, in the background. */
  ON,

  /** It deletes nothing, and writes down nothing; for stores that keep everything. */
  OFF,

  /** It says what it would delete, and deletes nothing. */
  DRY_RUN
}
