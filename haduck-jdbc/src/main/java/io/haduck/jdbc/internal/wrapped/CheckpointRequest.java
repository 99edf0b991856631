package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.CommitReceipt;
import io.haduck.core.replica.SyncResult;
import io.haduck.jdbc.CheckpointResult;
import io.haduck.jdbc.internal.database.CallHook;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.CheckpointCall;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.database.Replication;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A checkpoint that is asked for by name, and waited for whatever durability says. */
public final class CheckpointRequest {
  private static final Duration LOCAL_CHECKPOINT_LIMIT = Duration.ofSeconds(30);

  private CheckpointRequest() {}

  /**
   * Makes one.
   *
   * @param name of the database in SQL; null for the current one
   */
  public static CheckpointResult run(HaduckConnection ours, @Nullable String name)
      throws SQLException {
    ours.session().activity().begin();
    try {
      return checkpointNow(ours, name);
    } finally {
      ours.session().activity().end();
    }
  }

  private static CheckpointResult checkpointNow(HaduckConnection ours, @Nullable String name)
      throws SQLException {
    long begun = System.nanoTime();
    DatabaseInstance instance = ours.session().instance();
    CallHook calls = ours.session().calls();
    calls.beforeCall();
    if (ours.session().transaction().isOpenAndWrote()) {
      throw SqlErrors.checkpointInsideWrites();
    }
    String target = name == null ? current(ours) : name;
    DatabaseNames names = target == null ? DatabaseNames.ALL : DatabaseNames.of(target);
    Replication replication =
        instance.database(ours, target).flatMap(OpenDatabase::replication).orElse(null);
    if (replication == null) {
      CheckpointCall.Outcome local =
          new CheckpointCall(ours.delegate(), target, LOCAL_CHECKPOINT_LIMIT, open(ours)).run();
      if (local.inTheWay() != null) {
        throw local.inTheWay();
      }
      return new CheckpointResult(true, 0, 0, 0, 0, local.attempts(), elapsed(begun));
    }
    long seqBefore = replication.status().seq();
    Duration limit = replication.syncTimeout();
    Duration half = limit.dividedBy(2);
    calls.beforeCheckpoint(names, CallWait.uncancelled());
    CheckpointCall.Outcome outcome;
    try {
      outcome =
          new CheckpointCall(ours.delegate(), target, half.minus(elapsed(begun)), open(ours)).run();
    } finally {
      calls.afterCall(SqlKind.CHECKPOINTS);
    }
    Duration left = limit.minus(elapsed(begun));
    CallWait wait = waitFor(ours);
    SyncResult result =
        replication.await(replication.position(wait), left.compareTo(half) < 0 ? half : left, wait);
    boolean checkpointed = outcome.inTheWay() == null;
    CommitReceipt receipt = result.receipt();
    return receipt == null || receipt.seq() <= seqBefore
        ? new CheckpointResult(
            checkpointed, replication.status().seq(), 0, 0, 0, outcome.attempts(), elapsed(begun))
        : new CheckpointResult(
            checkpointed,
            receipt.seq(),
            receipt.blocks(),
            receipt.blocksInUse(),
            receipt.bytes(),
            outcome.attempts(),
            elapsed(begun));
  }

  /**
   * The current database by its name, for DuckDB's call may run on a connection of its own; null if
   * there is but one.
   */
  static @Nullable String current(HaduckConnection ours) throws SQLException {
    DatabaseInstance instance = ours.session().instance();
    boolean attached = !instance.attachments().isEmpty() || instance.standing() != null;
    return attached ? ours.delegate().getCatalog() : null;
  }

  /** A wait that nobody cancels, for what a connection may have written among others. */
  public static CallWait waitFor(HaduckConnection connection) {
    CallWait wait = CallWait.uncancelled();
    wait.speakOfDoubt(open(connection) != OpenTransaction.NONE);
    return wait;
  }

  private static OpenTransaction open(HaduckConnection connection) {
    return connection.session().transaction().now();
  }

  private static Duration elapsed(long sinceNanos) {
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }
}
