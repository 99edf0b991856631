package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.OpenTransaction;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.util.concurrent.locks.Lock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks DuckDB itself whether a connection has a transaction open: its driver only remembers what it
 * did itself, and SQL text, failures and whoever has DuckDB's connection end and begin transactions
 * too.
 *
 * <p>The driver has the question (its native {@code duckdb_jdbc_get_auto_commit}: false from BEGIN
 * to COMMIT or ROLLBACK, aborted or not), and does not ask it. So it is asked by reflection; a
 * driver that does not have it gives {@link OpenTransaction#UNKNOWN}. It runs no SQL, so results,
 * profiling and aborted transactions stay as they are, and it costs a fraction of a microsecond.
 *
 * <p>Safe for any thread: the driver's own lock keeps the connection from being closed meanwhile.
 */
public final class TransactionProbe {
  private static final Logger log = LoggerFactory.getLogger(TransactionProbe.class);

  private static final TransactionProbe OF_THE_DRIVER = find("duckdb_jdbc_get_auto_commit");

  private final @Nullable Method autoCommit;
  private final @Nullable Field reference;
  private final @Nullable Field lock;

  private TransactionProbe(
      @Nullable Method autoCommit, @Nullable Field reference, @Nullable Field lock) {
    this.autoCommit = autoCommit;
    this.reference = reference;
    this.lock = lock;
  }

  /** That of the driver which is loaded. */
  public static TransactionProbe ofTheDriver() {
    return OF_THE_DRIVER;
  }

  /** One that asks by a native method of the driver; a name that it does not have knows nothing. */
  public static TransactionProbe find(String nativeMethod) {
    try {
      Class<DuckDBConnection> connection = DuckDBConnection.class;
      Method asked =
          Class.forName("org.duckdb.DuckDBNative", true, connection.getClassLoader())
              .getDeclaredMethod(nativeMethod, ByteBuffer.class);
      Field reference = connection.getDeclaredField("connRef");
      Field lock = connection.getDeclaredField("connRefLock");
      asked.setAccessible(true);
      reference.setAccessible(true);
      lock.setAccessible(true);
      return new TransactionProbe(asked, reference, lock);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      log.debug("this DuckDB driver does not tell of its transactions", e);
      return new TransactionProbe(null, null, null);
    }
  }

  /** Whether a connection of DuckDB's has a transaction open; none if it is closed. */
  public OpenTransaction ask(Connection connection) {
    return ask(connection, true);
  }

  /**
   * As {@link #ask}, but never waits: the driver holds its lock while it prepares, and runs all
   * statements of a text but the last meanwhile. Then something runs, and may be in a transaction.
   */
  public OpenTransaction askNow(Connection connection) {
    return ask(connection, false);
  }

  /**
   * Whether the driver's lock on a connection is free at this moment, so that duplicating it would
   * not wait for what it prepares; false also if that is not to be had.
   */
  boolean isFree(Connection connection) {
    if (lock == null || !(connection instanceof DuckDBConnection)) {
      return false;
    }
    try {
      Lock held = (Lock) lock.get(connection);
      boolean free = held.tryLock();
      if (free) {
        held.unlock();
      }
      return free;
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("DuckDB's driver did not tell of its lock", e);
      return false;
    }
  }

  private OpenTransaction ask(Connection connection, boolean waits) {
    Method asked = autoCommit;
    if (asked == null
        || reference == null
        || lock == null
        || !(connection instanceof DuckDBConnection)) {
      return OpenTransaction.UNKNOWN;
    }
    try {
      Lock held = (Lock) lock.get(connection);
      if (waits) {
        held.lock();
      } else if (!held.tryLock()) {
        return OpenTransaction.OPEN;
      }
      try {
        Object open = reference.get(connection);
        return open == null || (boolean) asked.invoke(null, open)
            ? OpenTransaction.NONE
            : OpenTransaction.OPEN;
      } finally {
        held.unlock();
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("DuckDB's driver did not tell of its transaction", e);
      return OpenTransaction.UNKNOWN;
    }
  }
}
