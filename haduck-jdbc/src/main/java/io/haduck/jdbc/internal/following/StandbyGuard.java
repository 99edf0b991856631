package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.TextGuard;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;

/**
 * What is refused on one connection of a standby: what a follower refuses, until it is promoted,
 * and then until the transaction has ended that was open.
 */
final class StandbyGuard implements TextGuard {
  private final BooleanSupplier promoted;
  private final ConnectionTransaction transaction;
  private final ReadOnlyCalls calls;

  /** What is run now may read a copy. */
  private boolean follows = true;

  /**
   * Of one connection.
   *
   * @param promoted whether the database is written here by now
   */
  StandbyGuard(Followed database, BooleanSupplier promoted, ConnectionTransaction transaction) {
    this.promoted = promoted;
    this.transaction = transaction;
    this.calls = new ReadOnlyCalls(database);
  }

  @Override
  public void before(SqlCommand command) throws SQLException {
    if (!follows) {
      return;
    }
    if (!promoted.getAsBoolean()) {
      if (!command.attaches().isEmpty()) {
        throw SqlErrors.attachesToFollowed();
      }
    } else if (transaction.now() != OpenTransaction.OPEN) {
      follows = false;
    }
  }

  @Override
  public <T> T run(String sql, SqlCall<T> call) throws SQLException {
    return follows ? calls.run(sql, call) : call.run();
  }
}
