package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A call that ends a transaction by JDBC, or may end it. For one thread. */
final class TransactionEnd extends ReplicatedCall {
  /** Which call it is. */
  private enum By {
    COMMIT,
    ROLLBACK,
    /** Commits what is open when auto-commit is switched on. */
    AUTO_COMMIT
  }

  private final By by;
  private final ConnectionTransaction transaction;

  /** Null if nothing is to be waited for that the call may commit. */
  private final @Nullable CommitWatch watch;

  private TransactionEnd(SqlSession session, By by, @Nullable CommitWatch watch) {
    super(session);
    this.by = by;
    this.transaction = session.transaction();
    this.watch = watch;
  }

  /** Makes a call that has no result. */
  static void run(SqlSession session, Beginning beginning, Ending sql) throws SQLException {
    SqlCall<Boolean> call =
        () -> {
          sql.run();
          return true;
        };
    ReplicatedCall.run(session, beginning, call, (done, failure) -> {});
  }

  /** The driver's call. */
  @FunctionalInterface
  interface Ending {
    void run() throws SQLException;
  }

  static TransactionEnd committing(SqlSession session) throws SQLException {
    session.calls().beforeCall();
    return new TransactionEnd(session, By.COMMIT, CommitWatch.ofCommit(session));
  }

  static TransactionEnd rollingBack(SqlSession session) {
    return new TransactionEnd(session, By.ROLLBACK, null);
  }

  /**
   * Begins a call of {@code setAutoCommit}.
   *
   * @param autoCommit whether it switches that on
   */
  static TransactionEnd switching(SqlSession session, boolean autoCommit) throws SQLException {
    boolean mayCommit =
        autoCommit
            && (session.commits().commitsWait() || session.commits().isLastChance())
            && !session.transaction().isUnused()
            && !session.connection().delegate().getAutoCommit();
    if (mayCommit) {
      session.calls().beforeCall();
    }
    return new TransactionEnd(
        session, By.AUTO_COMMIT, mayCommit ? CommitWatch.ofCommit(session) : null);
  }

  /** A commit may have run an automatic checkpoint. */
  @Override
  SqlKind likely() {
    return by == By.COMMIT ? SqlKind.CHECKPOINTS : SqlKind.WRITES;
  }

  @Override
  void noteOutcome(boolean succeeded) {
    if (by != By.AUTO_COMMIT || !succeeded || watch != null) {
      transaction.ended(succeeded);
    }
  }

  @Override
  void settle(boolean succeeded) {
    if (by != By.ROLLBACK) {
      session().noteRisk(ReplayRisk.NONE);
    }
    if (by == By.ROLLBACK || !succeeded) {
      session().lookForDetached(false); // what the transaction had attached
    }
  }

  @Override
  void await() throws SQLException {
    if (by == By.ROLLBACK) {
      if (transaction.takeOwed()) {
        session().commits().awaitOf(session().commits().waiting(), CallWait.uncancelled());
      }
    } else if (watch == null
        || (by == By.AUTO_COMMIT && transaction.now() == OpenTransaction.OPEN)) {
      session().lookForDetached(true); // one that the driver does not know of stays open
    } else {
      await(watch);
    }
  }

  /** What the transaction was the last to use is let go of only when its commit was waited for. */
  private void await(CommitWatch commit) throws SQLException {
    try {
      CallWait wait = CallWait.uncancelled();
      wait.speakOfDoubt(commit.returned());
      commit.await(DatabaseNames.NONE, wait);
    } finally {
      session().lookForDetached(true);
    }
  }
}
