package io.haduck.jdbc.internal.database;

import io.haduck.core.UnopenedException;
import io.haduck.core.restore.OpeningTrial;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a database with DuckDB and closes it without a checkpoint. A checkpoint is what would make
 * the file another one, and perhaps one with damaged indexes; see {@link ReplayedIndexes}. Safe for
 * any thread.
 */
public final class DuckDbTrial implements OpeningTrial {
  private static final Logger log = LoggerFactory.getLogger(DuckDbTrial.class);

  private final Opener opener;

  /** Connects to the database in a file, with the user's options but without initial SQL. */
  @FunctionalInterface
  public interface Opener {
    Connection open(Path database) throws SQLException;
  }

  public DuckDbTrial(Opener opener) {
    this.opener = opener;
  }

  @Override
  public void open(Path database) {
    try (Connection connection = opener.open(database)) {
      withoutCheckpoint(connection, database);
    } catch (SQLException e) {
      throw unopened(database, e);
    }
  }

  private static void withoutCheckpoint(Connection connection, Path database) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
    } catch (SQLException e) {
      // As under lock_configuration. Closing checkpoints then, as after any opening.
      log.debug("{} is closed with a checkpoint after it was tried", database, e);
      new ReplayedIndexes(connection, database).bind();
    }
  }

  private static UnopenedException unopened(Path database, SQLException failure) {
    return new UnopenedException(
        ReplayHint.of(database, failure)
            .orElse("DuckDB cannot open " + database + ": " + failure.getMessage()),
        OpeningFailure.of(failure).ofContent(),
        failure);
  }
}
