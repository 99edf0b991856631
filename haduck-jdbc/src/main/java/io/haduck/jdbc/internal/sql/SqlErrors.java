package io.haduck.jdbc.internal.sql;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnopenedException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** haduck's errors as JDBC's. The error of the engine stays as the cause. */
public final class SqlErrors {
  public static final String CANNOT_CONNECT = "08001";
  private static final String CONNECTION_FAILED = "08006";
  private static final String RESOLUTION_UNKNOWN = "08007";
  private static final String READ_ONLY = "25006";
  private static final String NOT_SUPPORTED = "0A000";
  private static final String TOO_OLD = "RP003";
  private static final String NOT_HANDED_OVER = "RP004";
  private static final String NO_POINT = "RP005";
  private static final String CONNECTION_DOES_NOT_EXIST = "08003";

  /** As the standard has it: active SQL transaction. */
  private static final String INSIDE_TRANSACTION = "25001";

  /** Not of class 08: the connection is as good as before, and no pool should give it up. */
  public static final String CANNOT_ATTACH = "RP002";

  private static final Logger log = LoggerFactory.getLogger(SqlErrors.class);

  private SqlErrors() {}

  /** Of attaching a database. */
  public static SQLException attaching(HaduckException e) {
    return e instanceof UnavailableException || e instanceof LeaseHeldException
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
    return e instanceof UnavailableException || e instanceof LeaseHeldException
        ? new SQLTransientConnectionException(e.getMessage(), CANNOT_CONNECT, e)
        : new SQLNonTransientConnectionException(e.getMessage(), CANNOT_CONNECT, e);
  }

  /** Of a database that could not be handed over. */
  public static SQLException notHandedOver(Exception e) {
    return new SQLTransientException(
        e.getMessage() == null ? "interrupted" : e.getMessage(), NOT_HANDED_OVER, e);
  }

  /** Of a hand-over while the caller's own transaction is open. */
  public static SQLException handsOverInsideTransaction() {
    return new SQLNonTransientException(
        "Haduck.handOver was called inside of a transaction of this connection, which could not be committed any more."
            + " Commit it or roll it back first",
        INSIDE_TRANSACTION);
  }

  /** Of a checkpoint that the caller's own transaction is in the way of; it stays open. */
  public static SQLException checkpointInsideWrites() {
    return new SQLNonTransientException(
        "Haduck.checkpoint was called inside of a transaction of this connection that has written: no checkpoint could"
            + " hold that before it is committed. Commit it or roll it back first, or use another connection",
        INSIDE_TRANSACTION);
  }

  /** Of a point while the caller's own transaction has written, which it would not hold. */
  public static SQLException pointInsideWrites() {
    return new SQLNonTransientException(
        "Haduck.point was called inside of a transaction of this connection that has written: no point could hold that"
            + " before it is committed. Commit it or roll it back first, or use another connection",
        INSIDE_TRANSACTION);
  }

  /** Of a point that could not be made, listed or deleted. */
  public static SQLException point(HaduckException e) {
    return e instanceof UnavailableException
        ? new SQLTransientException(e.getMessage(), NO_POINT, e)
        : new SQLNonTransientException(e.getMessage(), NO_POINT, e);
  }

  /** Of points by a connection to a database that another process writes. */
  public static SQLException pointsOfFollowed() {
    return new SQLNonTransientException(
        "this process only follows the database (haduck.mode=follower, or standby before it is promoted): the one that"
            + " writes it makes points. To list or delete them here, name the replica instead of a connection: Haduck.replica(url,"
            + " properties)",
        READ_ONLY);
  }

  /**
   * Of a write to a database that is only followed here.
   *
   * @param mode that this process has it in
   * @param label of who writes; null if that is not known
   * @param refused what DuckDB said
   */
  public static SQLException followed(
      Path database, String mode, String replica, @Nullable String label, SQLException refused) {
    return new SQLNonTransientException(
        refused.getMessage()
            + "\n"
            + database
            + " is followed by this process (haduck.mode="
            + mode
            + (mode.equals("standby")
                ? ") and may only be read here until it is promoted. Write to it where "
                : ") and may only be read here. Write to it where ")
            + replica
            + " is written"
            + (label == null ? "" : ", last by '" + label + "'"),
        READ_ONLY,
        refused);
  }

  /** Of a write in a transaction that began before its database could be written here. */
  public static SQLException promotedMeanwhile(Path database, SQLException refused) {
    return new SQLNonTransientException(
        refused.getMessage()
            + "\n"
            + database
            + " is written by this process since it was promoted, and the transaction of this connection, which began"
            + " before that, still reads what it began with: end it, and write in the next one",
        READ_ONLY,
        refused);
  }

  /** Of a wait for a newer state while the caller's own transaction reads an older one. */
  public static SQLException awaitsInsideTransaction() {
    return new SQLNonTransientException(
        "Haduck.awaitPosition was called inside of a transaction of this connection, which goes on reading the state that"
            + " it began with. Commit it or roll it back first, and begin the next one afterwards",
        INSIDE_TRANSACTION);
  }

  /** Of what only a writer can be asked for. */
  public static SQLException onlyFollowed() {
    return new SQLNonTransientException(
        "this process only follows the database (haduck.mode=follower, or standby before it is promoted): ask the one that"
            + " writes it",
        READ_ONLY);
  }

  /** Of a promotion where there is none. */
  public static SQLException neverPromoted() {
    return new SQLNonTransientException(
        "this process only follows the database, and never becomes its writer: Haduck.promote is for haduck.mode=standby",
        READ_ONLY);
  }

  /**
   * Of a followed database that is not as new as it must be; the next statement may find it so.
   *
   * @param why in words
   */
  public static SQLException tooOld(
      Path database, Duration lag, @Nullable Duration most, String why, @Nullable Throwable cause) {
    return new SQLTransientException(
        "what this process shows of "
            + database
            + " may be "
            + lag.toMillis() / 1000.0
            + " s behind its replica, and haduck.max_lag allows "
            + (most == null ? "any age" : most.toMillis() / 1000.0 + " s")
            + ": "
            + why,
        TOO_OLD,
        cause);
  }

  /** Of a setting by which DuckDB could open no newer copy of a followed database. */
  public static SQLException keepsCopiesAway() {
    return new SQLFeatureNotSupportedException(
        "enable_external_access, disabled_filesystems and immediate_transaction_mode cannot be set where a database is"
            + " followed (haduck.mode=follower): DuckDB could not show newer copies of it",
        NOT_SUPPORTED);
  }

  /** Of a database of haduck's that was to be attached beside one that is followed. */
  public static SQLException attachesToFollowed() {
    return new SQLFeatureNotSupportedException(
        "ATTACH 'haduck:…' is not possible on a connection to a database that is followed (haduck.mode=follower): attach"
            + " it on a connection of jdbc:haduck:",
        NOT_SUPPORTED);
  }

  /** Of a standby that the writer does not make the writer. */
  public static SQLException notPromoted(Path database, String why, @Nullable Throwable cause) {
    return new SQLTransientException(
        database + " is not promoted, and stands by still: " + why, NOT_HANDED_OVER, cause);
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
   * As {@link #fenced(FencedException)}, of a commit that the local database has and the history
   * that won has not.
   *
   * @param what became of it
   */
  public static SQLException fencedCommit(String what, FencedException e) {
    return new SQLNonTransientConnectionException(
        what + ": " + e.getMessage(), RESOLUTION_UNKNOWN, e);
  }
}
