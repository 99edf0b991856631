package io.haduck.core.restore;

import io.haduck.core.UnopenedException;
import java.nio.file.Path;

/**
 * Asks DuckDB, which this module does not know, whether it opens a database. Called on the thread
 * that opens or restores it, while nobody has the file open.
 */
@FunctionalInterface
public interface OpeningTrial {
  /**
   * Opens the file with its write-ahead log and closes it again, without a checkpoint: what the two
   * hold stays as it is, though DuckDB may write to free blocks and tidy up after a checkpoint that
   * a crash ended.
   *
   * @throws UnopenedException if DuckDB does not open it
   */
  void open(Path database);

  /** Takes it that every database opens. */
  static OpeningTrial none() {
    return database -> {};
  }
}
