package io.haduck.jdbc.internal.following;

import java.sql.SQLException;
import org.duckdb.DuckDBConnection;

/** Connects to databases in memory, as the user's options say. */
public interface InMemoryConnector {
  /** Connects to the one of a name. */
  DuckDBConnection connect(String database) throws SQLException;

  /** The user's options of DuckDB's, to be compared with those of another connection. */
  Object options();
}
