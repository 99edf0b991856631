package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How one DuckDB instance lives: DuckDB opens it with the first connection and closes it with the
 * last, whoever closes that; then it has ended, and its databases with it.
 *
 * <p>Safe for any thread. {@code lock} is that of the instance, which serialises connecting. It is
 * not held while DuckDB closes a connection, which takes as long as what runs on it, nor while
 * anything waits for the store. Instead, nobody connects while all connections that there are are
 * being closed.
 */
public final class InstanceLife {
  private enum State {
    /** Nobody has connected yet. */
    NEW,
    /** Somebody has, and as far as was seen DuckDB has it open. */
    CONNECTED,
    /** DuckDB has closed it, or failed to open it. */
    ENDED
  }

  /** Whose holder decides about connecting. */
  final ReentrantLock lock;

  /** The close of a connection has ended. */
  private final Condition closeEnded;

  private final WrappedConnections connections;
  private final Attachments attachments;
  private final InstanceDatabases databases;
  private final Registry registry;
  private final Runnable forgotten;

  @GuardedBy("lock")
  private State state = State.NEW;

  /** Somebody had DuckDB's own connection, and may have made others from it. */
  private volatile boolean everUnwrapped;

  /** The databases were told that DuckDB is about to close them. */
  @GuardedBy("lock")
  private boolean closingTold;

  /** What DuckDB has closed with a connection that was closed behind our back. */
  @GuardedBy("lock")
  private List<Closed> closedBehind = List.of();

  /** It is looked now and then whether connections were closed behind our back. */
  private volatile boolean watched;

  /** Who looks at instances now and then. Safe for any thread. */
  interface Registry {
    /** Connections of an instance may be closed behind our back from now on. */
    void watch(InstanceLife instance);

    /** They may not any more. */
    void unwatch(InstanceLife instance);
  }

  /**
   * Of an instance without a connection yet.
   *
   * @param forgotten run under the lock, when it has ended
   */
  InstanceLife(
      ReentrantLock lock,
      WrappedConnections connections,
      Attachments attachments,
      InstanceDatabases databases,
      Registry registry,
      Runnable forgotten) {
    this.lock = lock;
    this.closeEnded = lock.newCondition();
    this.connections = connections;
    this.attachments = attachments;
    this.databases = databases;
    this.registry = registry;
    this.forgotten = forgotten;
  }

  // --- connecting

  /** Who comes after all were closed behind our back ends the instance, and what it does itself. */
  void awaitOwnCheckpointsOfClosed() {
    OwnCheckpoints own = OwnCheckpoints.NONE;
    lock.lock();
    try {
      connections.forgetClosed();
      if (isLeft()) {
        own = databases.ownCheckpoints();
        own.stop();
      }
    } finally {
      lock.unlock();
    }
    own.awaitEnd();
  }

  /** Whether somebody has connected, and nobody is connected any more. */
  @GuardedBy("lock")
  private boolean isLeft() {
    return state == State.CONNECTED && connections.isEmpty();
  }

  /**
   * Waits until it is certain whether somebody may connect: DuckDB may be closing the file.
   *
   * @return false if it has ended
   */
  @GuardedBy("lock")
  boolean awaitConnectable() {
    while (state != State.ENDED && connections.areClosing()) {
      closeEnded.awaitUninterruptibly();
    }
    if (state == State.ENDED) {
      return false;
    }
    connections.forgetClosed();
    if (isLeft()) {
      end().forEach(Closed::free); // all were closed behind our back
      return false;
    }
    return true;
  }

  /** There is one connection more. */
  @GuardedBy("lock")
  void connected(WrappedConnection connection) {
    connections.add(connection);
    if (state == State.NEW) {
      state = State.CONNECTED;
    }
    if (KnownConnection.mayVanish()) {
      watch();
    }
    databases.afterCall(SqlKind.CHECKPOINTS); // initial SQL may have done anything
  }

  /** Nobody can connect: ends it, unless others are connected. */
  @GuardedBy("lock")
  void failedToConnect() {
    if (connections.isEmpty()) {
      end();
    }
  }

  @GuardedBy("lock")
  boolean hasEnded() {
    return state == State.ENDED;
  }

  // --- closing

  /**
   * Closes a wrapped connection, which may be the last of its instance.
   *
   * @throws ReplicationPendingException after DuckDB has closed it, if what was written had to be
   *     on the replica by now and is not
   */
  public void close(WrappedConnection connection) throws SQLException {
    List<Closed> closed = new ArrayList<>();
    boolean done = false;
    try {
      close(connection, closed);
      done = true;
    } finally {
      if (!done) {
        closed.forEach(Closed::free);
      }
    }
    Closed.await(closed, CallWait.uncancelled());
  }

  /**
   * Closes a wrapped connection, and waits for no replica.
   *
   * @param closed takes the databases that DuckDB has closed with it
   */
  void close(WrappedConnection connection, List<Closed> closed) throws SQLException {
    WrappedConnections.Closing closing = beginClosing(connection);
    try {
      connection.delegate().close();
    } finally {
      endClosing(connection, closing, closed);
    }
    if (closed.isEmpty() && (connection.mayHaveAttached() || attachments.isDetaching())) {
      attachments.lookForDetached(null); // closing has rolled an open transaction back
    }
  }

  /** Before DuckDB closes a connection: the last one begins what the end of the instance takes. */
  private WrappedConnections.Closing beginClosing(WrappedConnection connection) {
    WrappedConnections.Closing closing;
    OwnCheckpoints own;
    lock.lock();
    try {
      closing = connections.beginClosing(connection);
      if (!closing.mayBeLast()) {
        return closing;
      }
      own = databases.ownCheckpoints();
      own.stop();
    } finally {
      lock.unlock();
    }
    own.awaitEnd(); // nobody connects meanwhile, since this one is being closed
    boolean withoutCheckpoint;
    lock.lock();
    try {
      closingTold = true;
      boolean last = closing == WrappedConnections.Closing.LAST;
      withoutCheckpoint =
          closing(last && !everUnwrapped && !connection.activity().runsMoreThanOne());
    } finally {
      lock.unlock();
    }
    if (withoutCheckpoint) {
      ClosingCheckpoint.disable(connection.delegate());
    }
    return closing;
  }

  /** DuckDB has closed the connection, or failed to. */
  private void endClosing(
      WrappedConnection connection, WrappedConnections.Closing closing, List<Closed> closed) {
    lock.lock();
    try {
      boolean known = closing != WrappedConnections.Closing.UNKNOWN;
      boolean ended = hasEnded();
      if (known) {
        connections.remove(connection);
      }
      if (known && !ended && closingTold && connections.areClosed()) {
        closed.addAll(end());
      } else if (ended) {
        closed.addAll(closedBehind); // of this connection's own, perhaps
        closedBehind = List.of();
      } else {
        databases.afterCall(SqlKind.CHECKPOINTS);
        if (known && connections.areClosed()) {
          watch(); // the others were closed behind our back meanwhile
        }
      }
      closeEnded.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * DuckDB is about to close the instance.
   *
   * @param alone whether nobody can commit anything any more before it does
   * @return whether it should do so without a checkpoint
   */
  @GuardedBy("lock")
  private boolean closing(boolean alone) {
    boolean overtaken = attachments.closing(alone);
    OpenDatabase database = databases.main();
    return (database != null && database.closing(alone)) || overtaken;
  }

  /** DuckDB has closed the instance, as far as wrapped connections tell. */
  @GuardedBy("lock")
  private List<Closed> end() {
    state = State.ENDED;
    connections.clear();
    closeEnded.signalAll();
    var closed = new ArrayList<Closed>();
    OpenDatabase database = databases.main();
    if (database != null) {
      closed.add(Closed.of(database));
    }
    closed.addAll(attachments.closed());
    forgotten.run();
    return closed;
  }

  // --- closed behind our back

  /** Somebody has DuckDB's connection, or what leads to it, and may close it behind our back. */
  public void unwrapped() {
    everUnwrapped = true;
    watch();
  }

  /** Whether nobody but this connection can commit anything. */
  boolean isAlone(WrappedConnection connection) {
    return !everUnwrapped && connections.isLastOpen(connection);
  }

  private void watch() {
    if (!watched) {
      watched = true;
      registry.watch(this);
    }
  }

  /**
   * Looks whether connections were closed behind our back, and takes the instance to be closed when
   * the last one was. Waits for nothing: if it is being opened or closed right now, the next look
   * tells.
   *
   * @return what is to be done about it, which may wait for the store; empty if nothing is
   */
  public Optional<Runnable> lookForClosed() {
    if (!lock.tryLock()) {
      return Optional.empty();
    }
    try {
      List<KnownConnection> closed = connections.forgetClosed();
      if (isLeft()) {
        return closedByOthers();
      }
      watched = false;
      if (hasEnded() || !connections.mayCloseUnseen()) {
        registry.unwatch(this);
      } else {
        watched = true;
      }
      boolean detached = closed.stream().anyMatch(KnownConnection::mayHaveAttached);
      return detached && !hasEnded() && !attachments.isEmpty()
          ? Optional.of(() -> attachments.lookForDetached(null))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Of an instance that is watched: whether all was closed, and that was not acted upon yet. */
  boolean isClosedByOthers() {
    return connections.isNoneOpen();
  }

  /** DuckDB goes on while a duplicate is open that we do not see, and may write. */
  @GuardedBy("lock")
  private Optional<Runnable> closedByOthers() {
    OwnCheckpoints own = databases.ownCheckpoints();
    own.stop();
    if (own.areRunning()) {
      return Optional.empty(); // DuckDB has its file open
    }
    closing(false); // a connection of our own would keep it open
    if (databases.anyOpenInThisProcess()) {
      return Optional.empty();
    }
    List<Closed> closed = end();
    closedBehind = closed;
    return closed.isEmpty() ? Optional.empty() : Optional.of(() -> Closed.awaitOrWarn(closed));
  }
}
