package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.database.CheckpointCall;
import io.haduck.jdbc.internal.database.OwnCheckpoints;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A statement that is a checkpoint without a word of it, such as EXECUTE of a prepared one, or a
 * view or macro over {@code checkpoint()}. DuckDB refuses it while a checkpoint of haduck's own is
 * under way, which the user knows nothing of: so then that is waited for, and it is run again.
 *
 * <p>Only outside of a transaction, where what failed has left nothing behind, and only a text of
 * one statement. Stateless.
 */
final class HiddenCheckpoint {
  private static final Logger log = LoggerFactory.getLogger(HiddenCheckpoint.class);
  private static final int MOST_RUNS = 3;

  private HiddenCheckpoint() {}

  /** Goes on with a new statement of DuckDB's, whose driver closes one that has failed. */
  @FunctionalInterface
  interface Renewal {
    /** False if that cannot be. */
    boolean renew() throws SQLException;
  }

  /** Runs a call, and again if a checkpoint of haduck's own was in its way. */
  static <T> T run(SqlSession session, SqlCommand command, SqlCall<T> sql, Renewal renewal)
      throws SQLException {
    for (int run = 1; ; run++) {
      OwnCheckpoints own = session.calls().ownCheckpoints();
      long over = own.over();
      try {
        return sql.run();
      } catch (SQLException e) {
        boolean ours = own.begun() > over && CheckpointCall.othersAreInTheWay(e);
        if (!ours || run == MOST_RUNS || !mayRunAgain(session, command)) {
          throw e;
        }
        own.giveWay();
        if (!renewal.renew()) {
          throw e;
        }
        log.debug("a checkpoint of haduck's own was in the way of a statement; it is run again");
      }
    }
  }

  /** By now a transaction that it was in would be open, and aborted. */
  private static boolean mayRunAgain(SqlSession session, SqlCommand command) throws SQLException {
    Connection duckdb = session.connection().delegate();
    return !command.text().several()
        && !command.text().effect().endsOrBegins()
        && !session.transaction().unwrapped()
        && !duckdb.isClosed()
        && duckdb.getAutoCommit()
        && session.transaction().now() == OpenTransaction.NONE;
  }
}
