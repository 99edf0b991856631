package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The wrapped connections of one DuckDB instance. Whoever has what they wrap may close it behind
 * our back: so what counts as open is what DuckDB's driver calls so. Asking it is a look at a
 * field.
 *
 * <p>Changed under the instance's lock, read by any thread.
 */
final class WrappedConnections {
  private final List<HaduckConnection> all = new CopyOnWriteArrayList<>();

  void add(HaduckConnection connection) {
    all.add(connection);
  }

  void remove(HaduckConnection connection) {
    all.remove(connection);
  }

  void clear() {
    all.clear();
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  int count() {
    return all.size();
  }

  boolean contains(HaduckConnection connection) {
    return all.contains(connection);
  }

  /** Forgets those that were closed behind our back, and returns them. */
  List<HaduckConnection> forgetClosed() {
    List<HaduckConnection> closed =
        all.stream().filter(connection -> isClosed(connection.delegate())).toList();
    all.removeAll(closed);
    return closed;
  }

  /** Whether no other one is open. */
  boolean isLastOpen(HaduckConnection connection) {
    return all.stream().allMatch(other -> other == connection || isClosed(other.delegate()));
  }

  /** One of DuckDB's connections that are open; null if none is. */
  @Nullable Connection anyOpen() {
    for (HaduckConnection connection : all) {
      if (!isClosed(connection.delegate())) {
        return connection.delegate();
      }
    }
    return null;
  }

  /** Whether somebody may close one of them behind our back. */
  boolean anyUnwrapped() {
    return all.stream().anyMatch(HaduckConnection::unwrapped);
  }

  /** What may still commit something on one of them, in words; null if nothing may. */
  @Nullable String busy(EndingJvm jvm) {
    for (HaduckConnection connection : all) {
      String busy = connection.busy(jvm);
      if (busy != null) {
        return busy;
      }
    }
    return null;
  }

  private static boolean isClosed(Connection duckdb) {
    try {
      return duckdb.isClosed();
    } catch (SQLException e) {
      return false; // DuckDB's driver never says so
    }
  }
}
