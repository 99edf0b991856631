package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.TransactionEffect;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The transaction of one connection: what is open, as DuckDB itself says, and what is known of what
 * it did. Where DuckDB's driver does not tell (see {@link TransactionProbe}), it is what the driver
 * believes, unless something happened that the driver does not see; then it is unknown.
 *
 * <p>As thread-safe as its connection is: for one thread at a time.
 */
public final class ConnectionTransaction {
  private final Connection duckdb;
  private final TransactionProbe probe;

  /** The driver may be wrong about what is open. */
  private volatile boolean driverMayBeWrong;

  /** A call failed since a transaction was last known to have ended: DuckDB may roll it back. */
  private volatile boolean failedInside;

  /** Someone has DuckDB's connection, who may begin, end and spoil transactions with it. */
  private volatile boolean unwrapped;

  /** The most that calls did since a transaction was last known to have ended. */
  private volatile SqlKind done = SqlKind.NOTHING;

  /** A transaction was open still when what writes, by its words, had returned. */
  private volatile boolean wroteInside;

  /** A commit was not waited for, since a transaction was open by then. */
  private volatile boolean owing;

  public ConnectionTransaction(Connection duckdb, TransactionProbe probe) {
    this.duckdb = duckdb;
    this.probe = probe;
  }

  /** What is open now. */
  public OpenTransaction now() {
    try {
      if (duckdb.isClosed()) {
        return OpenTransaction.NONE;
      }
      OpenTransaction told = probe.ask(duckdb);
      if (told != OpenTransaction.UNKNOWN) {
        return told;
      }
      if (driverMayBeWrong || unwrapped) {
        return OpenTransaction.UNKNOWN;
      }
      return duckdb.getAutoCommit() ? OpenTransaction.NONE : OpenTransaction.OPEN;
    } catch (SQLException e) {
      return OpenTransaction.NONE; // closed meanwhile
    }
  }

  /** Whether something may be open, for any thread; never waits for what runs on the connection. */
  public boolean mayBeOpen() {
    OpenTransaction told = probe.askNow(duckdb);
    try {
      return told == OpenTransaction.OPEN
          || (told == OpenTransaction.UNKNOWN && !duckdb.isClosed() && !duckdb.getAutoCommit());
    } catch (SQLException e) {
      return false; // closed meanwhile
    }
  }

  /**
   * What is open when a statement runs that is executed now: without auto-commit the driver begins
   * a transaction first, unless it believes that there is one.
   */
  public OpenTransaction whenExecuting() {
    OpenTransaction open = now();
    try {
      return open == OpenTransaction.NONE && !duckdb.isClosed() && !duckdb.getAutoCommit()
          ? OpenTransaction.UNKNOWN
          : open;
    } catch (SQLException e) {
      return OpenTransaction.UNKNOWN; // closed meanwhile
    }
  }

  /** A call has run SQL. */
  public void executed(SqlKind kind, TransactionEffect effect, boolean succeeded) {
    if (kind.compareTo(done) > 0) {
      done = kind;
    }
    boolean mayWrite = !kind.onlyReads() && effect.afterNone() != OpenTransaction.OPEN;
    if (wroteInside || mayWrite) {
      wroteInside = now() == OpenTransaction.OPEN;
    }
    if (!succeeded) {
      failedInside = true;
      driverMayBeWrong = true;
    } else if (kind.compareTo(SqlKind.CHANGES) > 0) {
      driverMayBeWrong |=
          effect.afterNone() != OpenTransaction.NONE || effect.afterOpen() != OpenTransaction.OPEN;
    }
  }

  /** Nothing is open, as DuckDB says after a call. */
  public void noteNone() {
    failedInside = false;
    wroteInside = false;
    done = SqlKind.NOTHING;
  }

  /** The driver has ended the transaction, or failed to. */
  public void ended(boolean succeeded) {
    driverMayBeWrong = !succeeded;
    if (succeeded) {
      noteNone();
    } else {
      failedInside = true;
    }
  }

  public void noteUnwrapped() {
    unwrapped = true;
  }

  public boolean unwrapped() {
    return unwrapped;
  }

  /** Whether nothing was run that a commit could commit. */
  public boolean isUnused() {
    return done == SqlKind.NOTHING && !unwrapped && !failedInside;
  }

  /** Whether it has written nothing but, perhaps, sequence values. */
  public boolean onlyReads() {
    return done.onlyReads() && !unwrapped;
  }

  /** Whether one is open that has run what writes, by its words. */
  public boolean isOpenAndWrote() {
    return wroteInside && now() == OpenTransaction.OPEN;
  }

  /**
   * Whether it is unknown that COMMIT commits: of an aborted transaction DuckDB makes a ROLLBACK
   * without a word.
   */
  public boolean mayBeAborted() {
    return failedInside || unwrapped;
  }

  /** Something was committed that must be waited for as soon as no transaction is open. */
  public void owe() {
    owing = true;
  }

  /** Whether something was; it is waited for now. */
  public boolean takeOwed() {
    boolean owed = owing;
    owing = false;
    return owed;
  }
}
