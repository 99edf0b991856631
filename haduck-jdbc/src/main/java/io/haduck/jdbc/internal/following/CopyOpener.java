package io.haduck.jdbc.internal.following;

import java.nio.file.Path;
import java.sql.SQLException;
import org.duckdb.DuckDBConnection;

/** Opens a copy of a followed database as the user's options say, read-only. */
public interface CopyOpener {
  /** Connects to it; the first connection of a DuckDB instance. */
  DuckDBConnection open(Path copy) throws SQLException;

  /** The user's options of DuckDB's, to be compared with those of another connection. */
  Object options();
}
