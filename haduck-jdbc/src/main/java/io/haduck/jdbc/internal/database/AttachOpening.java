package io.haduck.jdbc.internal.database;

import io.haduck.core.UnopenedException;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.jdbc.internal.sql.AttachTarget;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a database is opened that SQL is about to attach. For one thread, under no lock. */
final class AttachOpening {
  private static final Logger log = LoggerFactory.getLogger(AttachOpening.class);

  private final AttachTarget target;

  AttachOpening(AttachTarget target) {
    this.target = target;
  }

  /**
   * In a DuckDB of its own, under the name that it will have. That one may lack extensions which
   * this one has loaded: only what is certainly a failure of the write-ahead log counts.
   */
  OpeningTrial trial() {
    return trial(target.givenName());
  }

  /**
   * As {@link #trial()}, of any database.
   *
   * @param name that it will have in SQL
   */
  static OpeningTrial trial(String name) {
    OpeningTrial attached = new DuckDbTrial(database -> DetachedDuckDb.attach(database, name));
    return database -> {
      try {
        attached.open(database);
      } catch (UnopenedException e) {
        if (e.getCause() instanceof SQLException failure
            && OpeningFailure.of(failure) == OpeningFailure.REPLAY) {
          throw e;
        }
        log.debug("{} does not open by itself, and is attached all the same", database, e);
      }
    };
  }

  /**
   * Makes the indexes of what is going to be attached whole. What DuckDB cannot do by itself is
   * done after the ATTACH, if that is all that the text does.
   *
   * @param several whether the text has other statements, which may checkpoint before
   */
  void replay(OpenDatabase database, boolean several) throws SQLException {
    if (!database.replays()) {
      return;
    }
    Replication current = database.current();
    try {
      new ReplayBeforeAttach(
              database.path(),
              target.givenName(),
              () -> {
                if (current != null) {
                  current.changed(SqlKind.CHECKPOINTS);
                }
              })
          .run();
      database.replayed();
    } catch (SQLException e) {
      if (several) {
        database.failedToOpen(); // the next time it is tried before its replica is taken over
        throw SqlErrors.attachingAmongOthers(database.path(), e);
      }
      log.debug(
          "the log of {} is replayed when it is attached, and not before", database.path(), e);
    }
  }
}
