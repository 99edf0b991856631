package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** What the databases need of a connection that a user has. Safe for any thread. */
public interface WrappedConnection extends Connection {
  /** DuckDB's connection, which calls go to at this moment. */
  Connection delegate();

  /** Whether it is in use. */
  ConnectionActivity activity();

  /** What may still commit something on it, in words; null if nothing may. */
  @Nullable String busy(EndingJvm jvm);

  /** Whether someone has DuckDB's connection, or what leads to it. */
  boolean unwrapped();

  /** A call of it may have attached databases or detached them. */
  void noteAttaching();

  /** Whether what it does may attach databases, or take back that it has. */
  boolean mayHaveAttached();
}
