package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.CallHook;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.CommitMarks;
import io.haduck.jdbc.internal.database.CommitWaits;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.Replication;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.TransactionEffect;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call that runs SQL: what was open and written when it began, and so what must be waited for
 * when it has returned. Nothing is waited for while a transaction is open, for it is not committed,
 * but for checkpoints and for what a text of several statements committed before its last BEGIN.
 *
 * <p>Where no commit waits for a replica it costs next to nothing. For one thread.
 */
final class CommitWatch {
  private final ConnectionTransaction transaction;
  private final SqlSession session;
  private final CommitWaits commits;
  private final SqlKind kind;
  private final TransactionEffect effect;
  private final OpenTransaction before;
  private final List<Replication> replications;

  /** A commit waited when it began; what waits for it may be detached by its end. */
  private final boolean waitsSinceBefore;

  private final @Nullable CommitMarks marks;

  /** A COMMIT may turn out to be a ROLLBACK. */
  private final boolean mayBeAborted;

  private OpenTransaction after = OpenTransaction.UNKNOWN;

  private CommitWatch(
      SqlSession session,
      SqlKind kind,
      TransactionEffect effect,
      OpenTransaction before,
      boolean looks) {
    this.session = session;
    this.transaction = session.transaction();
    this.commits = session.commits();
    this.kind = kind;
    this.effect = effect;
    this.before = before;
    this.replications = commits.replications();
    this.waitsSinceBefore = commits.commitsWait();
    this.marks = looks ? CommitMarks.of(replications) : null;
    this.mayBeAborted =
        effect.commitsIfOpen() && before != OpenTransaction.NONE && transaction.mayBeAborted();
  }

  /**
   * Begins a call that runs SQL text.
   *
   * @param kind of the text
   * @param effect of what the call runs of it
   */
  static CommitWatch ofText(SqlSession session, SqlKind kind, TransactionEffect effect) {
    if (kind == SqlKind.NOTHING || !session.commits().commitsWait()) {
      return new CommitWatch(session, kind, effect, OpenTransaction.UNKNOWN, false);
    }
    OpenTransaction before = session.transaction().whenExecuting();
    // What changes data by its words has written; of the rest the files tell.
    boolean looks =
        (kind == SqlKind.READS || kind == SqlKind.WRITES)
            && (before != OpenTransaction.OPEN || effect.commitsIfOpen());
    return new CommitWatch(session, kind, effect, before, looks);
  }

  /** Begins a commit by JDBC, which commits no more than the transaction has done. */
  static CommitWatch ofCommit(SqlSession session) {
    ConnectionTransaction transaction = session.transaction();
    boolean waits = session.commits().commitsWait();
    OpenTransaction before = waits ? transaction.now() : OpenTransaction.UNKNOWN;
    boolean reads = transaction.onlyReads();
    return new CommitWatch(
        session,
        reads ? SqlKind.READS : SqlKind.WRITES,
        TransactionEffect.COMMITS,
        before,
        waits && (reads || transaction.mayBeAborted()));
  }

  /** The call has failed, and what it did is undone or belongs to a transaction. */
  void failed() {
    transaction.executed(kind, effect, false);
  }

  /**
   * The call has returned, and {@link CallHook#afterCall} was told.
   *
   * @return how a wait for it is to speak of what was committed
   */
  boolean returned() {
    transaction.executed(kind, effect, true);
    boolean asks = kind.compareTo(SqlKind.CHANGES) > 0 || !waitsForNothing();
    after = asks && kind != SqlKind.NOTHING ? transaction.now() : OpenTransaction.UNKNOWN;
    if (after == OpenTransaction.NONE) {
      transaction.noteNone();
    }
    return after != OpenTransaction.NONE || mayBeAborted;
  }

  private boolean waitsForNothing() {
    return kind != SqlKind.CHECKPOINTS && !waitsSinceBefore && !commits.commitsWait();
  }

  /**
   * Waits for what the call has committed, after {@link #returned}.
   *
   * @throws ReplicationPendingException if that is not on the replica in time
   */
  void await(DatabaseNames checkpoints, CallWait wait) throws SQLException {
    if (kind == SqlKind.NOTHING) {
      return;
    }
    if (kind == SqlKind.CHECKPOINTS) {
      commits.awaitCommitted(kind, checkpoints, wait, replications);
    } else if (!waitsForNothing()) {
      awaitCommit(wait);
    } else if (!kind.onlyReads()) {
      if (commits.isLastChance()) {
        commits.awaitCommitted(kind, DatabaseNames.NONE, wait, replications);
      }
      for (Replication replication : replications) {
        replication.requireNotFencedAfter();
      }
    }
  }

  private void awaitCommit(CallWait wait) throws SQLException {
    if (after != OpenTransaction.OPEN && transaction.takeOwed()) {
      commits.awaitOf(commits.waiting(), wait);
    } else if (kind.onlyReads()) {
      if (marks != null && after != OpenTransaction.OPEN) {
        commits.awaitOf(marks.drew(), wait);
      }
    } else if (effect.mayHaveCommitted(before, after)) {
      if (marks != null) {
        commits.awaitOf(marks.moved(commits.replications()), wait);
      } else {
        commits.awaitCommitted(kind, DatabaseNames.NONE, wait, replications);
      }
    }
  }

  /** Whether the end of the call's result, should DuckDB stream it, may commit something. */
  boolean resultMayCommit() {
    return kind == SqlKind.READS
        ? marks != null && session.instance().mayStream()
        : !kind.onlyReads();
  }

  /**
   * Waits for what the end of a result has committed.
   *
   * @throws ReplicationPendingException if that is not on the replica in time
   */
  void awaitResult(DatabaseNames checkpoints, CallWait wait) throws SQLException {
    if (waitsForNothing()) {
      return;
    }
    OpenTransaction now = transaction.now();
    if (now == OpenTransaction.OPEN && kind != SqlKind.CHECKPOINTS) {
      boolean wrote = !kind.onlyReads() || (marks != null && !marks.drew().isEmpty());
      if (after == OpenTransaction.NONE && wrote) {
        transaction.owe(); // the statement that began the transaction has ended this result
      }
      return;
    }
    wait.speakOfDoubt(now != OpenTransaction.NONE);
    if (kind.onlyReads()) {
      commits.awaitOf(marks == null ? List.of() : marks.drew(), wait);
    } else {
      commits.awaitCommitted(kind, checkpoints, wait, List.of());
    }
  }
}
