package io.haduck.core.internal.local;

import java.io.IOException;

/** Hears of each change to a file before it is made; a test ends the process there. */
@FunctionalInterface
public interface FileSteps {
  /** Something is about to be done. */
  void before(String change) throws IOException;

  /** Tells nobody. */
  static FileSteps untold() {
    return change -> {};
  }
}
