package io.haduck.jdbc.internal.database;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * A wrapped connection as its instance knows it. What counts as open is what DuckDB's driver calls
 * so: whoever has what is wrapped may close it behind our back.
 *
 * <p>DuckDB's 1.4 driver closes what was forgotten, in a finalizer. So there nothing here keeps a
 * connection alive; and one that was forgotten counts as open until its finalizer has run. Later
 * drivers never close it, and then it is held, for DuckDB has it open.
 *
 * <p>Safe for any thread.
 */
public final class KnownConnection {
  private static final boolean FINALIZED = isFinalized(DuckDBConnection.class);
  private static final ReferenceQueue<Connection> NOBODY_ASKS = new ReferenceQueue<>();

  /** Null where the driver finalizes its connections. */
  private final @Nullable WrappedConnection held;

  private final WeakReference<WrappedConnection> wrapper;
  private final WeakReference<Connection> duckdb;

  /** Cleared when the finalizer has run. */
  private final PhantomReference<Connection> finalized;

  private volatile boolean closing;

  KnownConnection(WrappedConnection wrapper) {
    this.held = FINALIZED ? null : wrapper;
    this.wrapper = new WeakReference<>(wrapper);
    this.duckdb = new WeakReference<>(wrapper.delegate());
    this.finalized = new PhantomReference<>(wrapper.delegate(), NOBODY_ASKS);
  }

  /** Whether the driver closes a connection that nobody refers to any more. */
  public static boolean mayVanish() {
    return FINALIZED;
  }

  private static boolean isFinalized(Class<?> connection) {
    return Arrays.stream(connection.getDeclaredMethods())
        .anyMatch(method -> method.getName().equals("finalize"));
  }

  boolean is(WrappedConnection connection) {
    return wrapper.refersTo(connection);
  }

  /** DuckDB's connection; null if it is closed, or forgotten. */
  @Nullable Connection open() {
    Connection known = held == null ? duckdb.get() : held.delegate();
    return known == null || isClosed(known) ? null : known;
  }

  /** Whether DuckDB has closed it. */
  boolean isClosed() {
    Connection known = duckdb.get();
    return known == null ? finalized.refersTo(null) : isClosed(known);
  }

  private static boolean isClosed(Connection duckdb) {
    try {
      return duckdb.isClosed();
    } catch (SQLException e) {
      return false; // DuckDB's driver never says so
    }
  }

  /**
   * Its close has begun: no call of ours may use it any more. Changed under the instance's lock.
   */
  void beginClosing() {
    closing = true;
  }

  boolean isClosing() {
    return closing;
  }

  /** As {@link #open}, but null also if duplicating it might wait for what runs on it. */
  @Nullable Connection free() {
    WrappedConnection known = wrapper.get();
    Connection open = open();
    boolean running = known != null && known.activity().running();
    return open != null && (!running || TransactionProbe.ofTheDriver().isFree(open)) ? open : null;
  }

  /** Whether somebody may close it behind our back, by DuckDB's connection or by forgetting it. */
  boolean mayCloseUnseen() {
    WrappedConnection known = wrapper.get();
    return FINALIZED || known == null || known.unwrapped();
  }

  /** Whether what it did may have attached databases. */
  boolean mayHaveAttached() {
    WrappedConnection known = wrapper.get();
    return known == null || known.mayHaveAttached();
  }

  /** See {@link WrappedConnection#busy}. */
  @Nullable String busy(EndingJvm jvm) {
    WrappedConnection known = wrapper.get();
    return known == null ? null : known.busy(jvm);
  }
}
