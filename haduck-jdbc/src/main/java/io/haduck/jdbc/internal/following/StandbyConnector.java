package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.internal.database.DuckDbConnector;
import io.haduck.jdbc.internal.database.StandingBy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Connects to a database that is followed until it is to be written. Where this process writes it
 * already, or nobody has begun its replica, it connects as its writer.
 *
 * @param writing connects as the writer
 */
public record StandbyConnector(DuckDbConnector writing, StandingBy.Beginning standby)
    implements DuckDbConnector {
  @Override
  public Connection connect() throws SQLException {
    return writing.connect();
  }

  @Override
  public Connection connectTo(Path database) throws SQLException {
    return writing.connectTo(database);
  }
}
