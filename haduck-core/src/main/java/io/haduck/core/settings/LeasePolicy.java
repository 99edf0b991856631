package io.haduck.core.settings;

/** What sees to it that one process at a time writes a database. */
public enum LeasePolicy {
  /** A lease beside the log: whoever comes second waits for it. */
  ON,
  /**
   * Whoever runs the processes; a live lease of another one is an error. Should there be two all
   * the same, the log fences the first one.
   */
  OFF
}
