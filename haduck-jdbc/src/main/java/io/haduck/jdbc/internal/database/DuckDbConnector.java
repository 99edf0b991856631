package io.haduck.jdbc.internal.database;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Opens a connection of DuckDB's driver. */
@FunctionalInterface
public interface DuckDbConnector {
  Connection connect() throws SQLException;

  /**
   * Opens a connection to the database in another file, with the same options, and runs no SQL of
   * the user's. Only of a database in a file.
   */
  default Connection connectTo(Path database) throws SQLException {
    throw new SQLException(database + " is not the database of a file");
  }

  /**
   * Whether opening runs SQL of the user's, which may commit, and take long. Only where another
   * connection can be made to the same instance.
   */
  default boolean runsInitialSql() {
    return false;
  }

  /** What follows the database until it is to be written; null where it is to be from the start. */
  default StandingBy.@Nullable Beginning standby() {
    return null;
  }

  /** Connects to the same database with the same options, and runs no SQL of the user's. */
  default DuckDbConnector withoutInitialSql() {
    return this;
  }
}
