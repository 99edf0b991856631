package io.haduck.jdbc.internal.database;

import io.haduck.core.HaduckException;
import io.haduck.core.settings.MissingReplica;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.AttachTarget;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call that may attach databases or detach them: opens the replicas of what it is going to
 * attach, and finds afterwards what it has attached and detached. For one thread.
 */
public final class AttachCall {
  private final Attachments attachments;
  private final WrappedConnection connection;
  private final boolean changes;
  private final List<Path> targets;
  private final List<OpenDatabase> opened = new ArrayList<>();
  private final boolean withoutCheckpoint;
  private List<Closed> detached = List.of();
  private @Nullable SQLException failure;

  private AttachCall(
      Attachments attachments,
      SqlCommand command,
      List<Path> targets,
      WrappedConnection connection) {
    this.attachments = attachments;
    this.connection = connection;
    this.changes = command.changesDatabases();
    this.targets = targets;
    this.withoutCheckpoint =
        detaches(command) && aboutToClose(attachments.host().isAlone(connection));
    if (withoutCheckpoint) {
      ClosingCheckpoint.disable(connection.delegate());
    }
  }

  private static boolean detaches(SqlCommand command) {
    return command.changesDatabases() && command.detachesOnly();
  }

  /**
   * Opens the replicas of what a call is going to attach.
   *
   * @param attachments of the instance
   * @throws SQLException if one cannot be opened; then nothing is left open
   */
  public static AttachCall begin(
      Attachments attachments, SqlCommand command, WrappedConnection connection)
      throws SQLException {
    if (detaches(command)) {
      attachments.host().giveWayToCheckpoint(); // what is checkpointed is detached, and open still
    }
    if (command.attaches().isEmpty() || attachments.duckdb().isReadOnly(connection.delegate())) {
      return new AttachCall(attachments, command, List.of(), connection);
    }
    List<Path> targets = command.attaches().stream().map(AttachTarget::path).toList();
    var call = new AttachCall(attachments, command, targets, connection);
    boolean done = false;
    try {
      for (AttachTarget target : command.attaches()) {
        call.open(target, command.text().several());
      }
      done = true;
      return call;
    } catch (HaduckException e) {
      throw SqlErrors.attaching(e);
    } finally {
      if (!done) {
        call.opened.forEach(OpenDatabase::abandon);
      }
    }
  }

  /**
   * Opens one, unless it is open.
   *
   * @param several whether the text has other statements
   */
  private void open(AttachTarget target, boolean several) throws SQLException {
    MissingReplica.refuse(target.settings(), target.path().toString());
    OpenDatabase known = attachments.known(target.path());
    if (known != null) {
      known.requireSame(target.settings()); // IF NOT EXISTS, or DuckDB says that it exists
    } else if (opened.stream().noneMatch(open -> open.path().equals(target.path()))) {
      if (target.settings().replica() != null) {
        attachments.duckdb().requireInvalidation(connection.delegate(), target.path());
      }
      var opening = new AttachOpening(target);
      OpenDatabase database =
          attachments
              .registry()
              .open(
                  target.database(), target.settings(), DatabaseOpening.attached(opening.trial()));
      opened.add(database);
      opening.replay(database, several);
    }
  }

  /** The call is over; never throws. What it has attached is replicated from now on. */
  public void ended(boolean succeeded) {
    if (withoutCheckpoint) {
      ClosingCheckpoint.enable(connection.delegate());
    }
    if (changes) {
      connection.noteAttaching();
    }
    if (changes
        || !opened.isEmpty()
        || attachments.isDetaching()
        || (!succeeded && !attachments.isEmpty() && connection.mayHaveAttached())) {
      if (!succeeded) {
        opened.forEach(OpenDatabase::failedToOpen); // unless it is found to be attached
      }
      Attachments.Outcome outcome = attachments.reconcile(opened, targets, connection.delegate());
      detached = outcome.detached();
      failure = outcome.failure();
      aboutToClose(false); // what is attached still may be written to again
    }
    if (!succeeded) {
      detached.forEach(Closed::free);
    }
  }

  /**
   * DuckDB may be about to close each of those that are attached.
   *
   * @param alone whether nobody can commit anything any more before it does
   * @return whether it should close them without a checkpoint, since another writer has the replica
   *     of one
   */
  private boolean aboutToClose(boolean alone) {
    boolean overtaken = false;
    for (OpenDatabase database : attachments.all()) {
      Replication current = database.current();
      if (current != null) {
        current.databaseClosing(alone);
        overtaken |= current.fenced() != null;
      }
    }
    return overtaken;
  }

  /**
   * Waits for what DuckDB wrote while it detached databases, if durability says so.
   *
   * @throws ReplicationPendingException if it is not on the replica in time
   * @throws SQLException if something was attached that cannot be replicated, and was detached
   *     again
   */
  public void finish(CallWait wait) throws SQLException {
    List<Closed> closed = detached;
    detached = List.of();
    Closed.await(closed, wait);
    if (failure != null) {
      throw failure;
    }
  }
}
