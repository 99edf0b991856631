package io.haduck.jdbc.internal.database;

import io.haduck.core.HaduckException;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.url.DatabasePath;

/** Who opens databases, each once in this JVM. Safe for any thread. */
interface DatabaseRegistry {
  /**
   * Opens a database that DuckDB is about to open.
   *
   * @throws HaduckException if it cannot be opened
   */
  OpenDatabase open(DatabasePath path, Settings settings, DatabaseOpening opening);
}
