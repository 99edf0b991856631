package io.haduck.core.internal.duckdb;

import java.nio.file.Path;

/**
 * Is told of each file operation of an observation before it is made: what DuckDB does between two
 * of them must never make an observation say what was true at no moment. Tests pause there.
 */
@FunctionalInterface
public interface ObservationSteps {
  /**
   * One more operation is about to be made, by the observing thread.
   *
   * @param operation what it is, such as {@code stat}
   * @param file on which
   */
  void before(String operation, Path file);

  /** Tells nobody. */
  static ObservationSteps untold() {
    return (operation, file) -> {};
  }
}
