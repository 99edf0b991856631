package io.haduck.jdbc.internal.sql;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnopenedException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** haduck's errors as JDBC's. The error of the engine stays as the cause. */
public final class SqlErrors {
  public static final String CANNOT_CONNECT = "08001";
  private static final String CONNECTION_FAILED = "08006";
  private static final String CONNECTION_DOES_NOT_EXIST = "08003";

  /** As the standard has it: active SQL transaction. */
  private static final String INSIDE_TRANSACTION = "25001";

  /** Not of class 08: the connection is as good as before, and no pool should give it up. */
  public static final String CANNOT_ATTACH = "RP002";

  private static final Logger log = LoggerFactory.getLogger(SqlErrors.class);

  private SqlErrors() {}

  /** Of attaching a database. */
  public static SQLException attaching(HaduckException e) {
    return e instanceof UnavailableException
        ? new SQLTransientException(e.getMessage(), CANNOT_ATTACH, e)
        : new SQLNonTransientException(e.getMessage(), CANNOT_ATTACH, e);
  }

  /**
   * Of attaching a database by a text with other statements, where its indexes must be loaded after
   * the ATTACH and before anything else.
   */
  public static SQLException attachingAmongOthers(Path database, SQLException why) {
    return new SQLNonTransientException(
        database
            + " has a write-ahead log that haduck could not replay before the ATTACH ("
            + why.getMessage()
            + "), and another statement of this text might checkpoint it with indexes that miss rows. Run the ATTACH by"
            + " itself, without other statements",
        CANNOT_ATTACH,
        why);
  }

  /** Of opening a database. What DuckDB threw stays what it is. */
  public static SQLException connecting(HaduckException e) {
    if (e instanceof UnopenedException && e.getCause() instanceof SQLException duckdb) {
      log.error(e.getMessage());
      return duckdb;
    }
    return e instanceof UnavailableException
        ? new SQLTransientConnectionException(e.getMessage(), CANNOT_CONNECT, e)
        : new SQLNonTransientConnectionException(e.getMessage(), CANNOT_CONNECT, e);
  }

  /** Of a checkpoint that the caller's own transaction is in the way of; it stays open. */
  public static SQLException checkpointInsideWrites() {
    return new SQLNonTransientException(
        "Haduck.checkpoint was called inside of a transaction of this connection that has written: no checkpoint could"
            + " hold that before it is committed. Commit it or roll it back first, or use another connection",
        INSIDE_TRANSACTION);
  }

  /** Of something that was asked of a connection which is closed. */
  public static SQLException closed() {
    return new SQLNonTransientConnectionException(
        "the connection is closed, and haduck tells and does nothing by it: use one that is open, to the same database",
        CONNECTION_DOES_NOT_EXIST);
  }

  /** Of a database that this process may not write to any more. */
  public static SQLException fenced(FencedException e) {
    return new SQLNonTransientConnectionException(e.getMessage(), CONNECTION_FAILED, e);
  }

  /**
   * As {@link #fenced(FencedException)}, of a call that was carried out.
   *
   * @param what it did
   */
  public static SQLException fenced(String what, FencedException e) {
    return new SQLNonTransientConnectionException(
        what + ": " + e.getMessage(), CONNECTION_FAILED, e);
  }
}
