package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that DuckDB opens read-only is DuckDB's own, and asks no replica. Whoever names one
 * may have meant another thing: to read what another process writes.
 */
public final class ReadOnlyFile {
  private static final Logger log = LoggerFactory.getLogger(ReadOnlyFile.class);
  private static final String HINT =
      "access_mode=READ_ONLY opens the local file alone, and its replica is not asked. To read what another process"
          + " writes, on this machine or elsewhere, set haduck.mode=follower instead";

  private ReadOnlyFile() {}

  /** Connects. */
  @FunctionalInterface
  public interface Opening {
    /** Returns a connection of DuckDB's own. */
    Connection connect() throws SQLException;
  }

  /**
   * Opens one, and says what may have been meant if a replica is set.
   *
   * @param file as its user names it
   */
  public static Connection open(String file, Settings settings, Opening opening)
      throws SQLException {
    if (settings.replica() == null) {
      return opening.connect();
    }
    try {
      Connection opened = opening.connect();
      if (settings.replicaIsExplicit()) {
        log.info("{}: {}", file, HINT);
      }
      return opened;
    } catch (SQLException e) {
      throw new SQLNonTransientConnectionException(
          e.getMessage() + " (" + HINT + ")", SqlErrors.CANNOT_CONNECT, e);
    }
  }
}
