package io.haduck.bench;

/** One thing to measure, next to what it is measured by. */
@FunctionalInterface
interface Scenario {
  /** Measures and reports; leaves no process and no file behind. */
  void run(Workspace workspace) throws Exception;
}
