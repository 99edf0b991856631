package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.TransactionEffect;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;

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

  /** Whether the driver's own belief about what is open is to be had. */
  private enum Driver {
    /** It has done everything itself. */
    KNOWS,
    /** Text or a failure may have begun or ended a transaction. */
    MAY_BE_WRONG,
    /** Someone else has DuckDB's connection, who may begin, end and spoil transactions with it. */
    SHARED
  }

  /**
   * What calls did since a transaction was last known to have ended.
   *
   * @param most that they did
   * @param failed whether one failed: DuckDB may roll it back
   * @param wroteInside whether a transaction was open still when what writes, by its words, had
   *     returned
   */
  private record Done(SqlKind most, boolean failed, boolean wroteInside) {
    static final Done NOTHING = new Done(SqlKind.NOTHING, false, false);

    Done andFailed() {
      return new Done(most, true, wroteInside);
    }
  }

  private final AtomicReference<Driver> driver = new AtomicReference<>(Driver.KNOWS);
  private volatile Done done = Done.NOTHING;

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
      if (driver.get() != Driver.KNOWS) {
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
    Done before = done;
    boolean mayWrite = !kind.onlyReads() && effect.afterNone() != OpenTransaction.OPEN;
    boolean wroteInside = (before.wroteInside || mayWrite) && now() == OpenTransaction.OPEN;
    done = new Done(kind.and(before.most), before.failed || !succeeded, wroteInside);
    boolean asWords =
        effect.afterNone() == OpenTransaction.NONE && effect.afterOpen() == OpenTransaction.OPEN;
    if (!succeeded || (kind.compareTo(SqlKind.CHANGES) > 0 && !asWords)) {
      believe(Driver.MAY_BE_WRONG);
    }
  }

  /** Whoever has DuckDB's connection keeps it. */
  private void believe(Driver now) {
    driver.updateAndGet(before -> before == Driver.SHARED ? before : now);
  }

  /** Nothing is open, as DuckDB says after a call. */
  public void noteNone() {
    done = Done.NOTHING;
  }

  /** The driver has ended the transaction, or failed to. */
  public void ended(boolean succeeded) {
    believe(succeeded ? Driver.KNOWS : Driver.MAY_BE_WRONG);
    done = succeeded ? Done.NOTHING : done.andFailed();
  }

  public void noteUnwrapped() {
    driver.set(Driver.SHARED);
  }

  public boolean unwrapped() {
    return driver.get() == Driver.SHARED;
  }

  /** Whether nothing was run that a commit could commit. */
  public boolean isUnused() {
    return done.most == SqlKind.NOTHING && !done.failed && !unwrapped();
  }

  /** Whether it has written nothing but, perhaps, sequence values. */
  public boolean onlyReads() {
    return done.most.onlyReads() && !unwrapped();
  }

  /** Whether one is open that has run what writes, by its words. */
  public boolean isOpenAndWrote() {
    return done.wroteInside && now() == OpenTransaction.OPEN;
  }

  /**
   * Whether it is unknown that COMMIT commits: of an aborted transaction DuckDB makes a ROLLBACK
   * without a word.
   */
  public boolean mayBeAborted() {
    return done.failed || unwrapped();
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
