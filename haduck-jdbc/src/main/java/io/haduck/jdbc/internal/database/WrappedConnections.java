package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The wrapped connections of one DuckDB instance. Whether they are open DuckDB's driver says; see
 * {@link KnownConnection}. Asking it is a look at a field.
 *
 * <p>Changed under the instance's lock, read by any thread.
 */
final class WrappedConnections {
  private final List<KnownConnection> all = new CopyOnWriteArrayList<>();
  private final String shown;

  /** What closing one of them means to the instance. */
  enum Closing {
    /** Others are open. */
    OTHERS_OPEN,
    /** None but some that are being closed, and may still be running what they were given. */
    OTHERS_CLOSING,
    /** It is the only one. */
    LAST,
    /** It is not one of them, or its close has begun already. */
    UNKNOWN;

    /** Whether DuckDB may close the instance with it. */
    boolean mayBeLast() {
      return this == LAST || this == OTHERS_CLOSING;
    }
  }

  /**
   * Of an instance that nobody has connected to yet.
   *
   * @param shown what it is called where none can be given
   */
  WrappedConnections(String shown) {
    this.shown = shown;
  }

  void add(WrappedConnection connection) {
    all.add(new KnownConnection(connection));
  }

  void remove(WrappedConnection connection) {
    all.removeIf(known -> known.is(connection));
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

  /** The close of one of them begins. */
  Closing beginClosing(WrappedConnection connection) {
    KnownConnection own = null;
    boolean open = false;
    boolean closing = false;
    for (KnownConnection known : all) {
      if (known.is(connection)) {
        own = known;
      } else if (known.isClosing()) {
        closing = true;
      } else {
        open |= !known.isClosed();
      }
    }
    if (own == null || own.isClosing()) {
      return Closing.UNKNOWN;
    }
    own.beginClosing();
    return open ? Closing.OTHERS_OPEN : closing ? Closing.OTHERS_CLOSING : Closing.LAST;
  }

  /** Whether none is open but some that are being closed. */
  boolean areClosing() {
    boolean closing = false;
    for (KnownConnection known : all) {
      closing |= known.isClosing();
      if (!known.isClosing() && !known.isClosed()) {
        return false;
      }
    }
    return closing;
  }

  /** Whether all that are left were closed behind our back. */
  boolean areClosed() {
    return all.stream().allMatch(known -> !known.isClosing() && known.isClosed());
  }

  /** Forgets those that were closed behind our back, and returns them. */
  List<KnownConnection> forgetClosed() {
    List<KnownConnection> closed =
        all.stream().filter(known -> !known.isClosing() && known.isClosed()).toList();
    all.removeAll(closed);
    return closed;
  }

  /** Whether no other one is open. */
  boolean isLastOpen(WrappedConnection connection) {
    return all.stream().allMatch(other -> other.is(connection) || other.isClosed());
  }

  /**
   * One of DuckDB's connections that are open, and not being closed; if there is one, that can be
   * duplicated without waiting for what runs on it.
   *
   * @throws SQLException if none is
   */
  Connection anyOpen() throws SQLException {
    Connection free = freeOrNull();
    return free != null
        ? free
        : orFail(
            all.stream()
                .filter(known -> !known.isClosing())
                .map(KnownConnection::open)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null));
  }

  /**
   * As {@link #anyOpen}, but only one that can be duplicated without waiting.
   *
   * @throws SQLException if each has to be waited for
   */
  Connection anyFree() throws SQLException {
    return orFail(freeOrNull());
  }

  private @Nullable Connection freeOrNull() {
    for (KnownConnection known : all) {
      Connection free = known.isClosing() ? null : known.free();
      if (free != null) {
        return free;
      }
    }
    return null;
  }

  private Connection orFail(@Nullable Connection found) throws SQLException {
    if (found == null) {
      throw new SQLException(shown + " is closed, or all its connections are busy");
    }
    return found;
  }

  /** Whether all of them are closed. */
  boolean isNoneOpen() {
    return all.stream().allMatch(KnownConnection::isClosed);
  }

  /** Whether one of them may be closed behind our back. */
  boolean mayCloseUnseen() {
    return all.stream().anyMatch(KnownConnection::mayCloseUnseen);
  }

  /** What may still commit something on one of them, in words; null if nothing may. */
  @Nullable String busy(EndingJvm jvm) {
    for (KnownConnection connection : all) {
      String busy = connection.busy(jvm);
      if (busy != null) {
        return busy;
      }
    }
    return null;
  }
}
