package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.FencedException;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.CallHook;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.CommitWaits;
import io.haduck.jdbc.internal.database.OwnCheckpoints;
import io.haduck.jdbc.internal.database.Replication;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes down what it is told, in order. */
final class RecordedCalls implements CallHook, CommitWaits {
  final List<String> told = new ArrayList<>();
  boolean pending;
  boolean commits;
  boolean fenced;
  Duration limit = Duration.ZERO;
  boolean cancelled;

  @Override
  public void beforeCall() throws SQLException {
    if (fenced) {
      throw SqlErrors.fenced(new FencedException("another writer"));
    }
  }

  @Override
  public void afterCall(SqlKind likely) {
    told.add(likely.toString());
  }

  @Override
  public void afterReplayRisk(ReplayRisk risk) {
    told.add("at risk");
  }

  @Override
  public void beforeCheckpoint(DatabaseNames databases, CallWait wait) {
    told.add("before");
  }

  @Override
  public OwnCheckpoints ownCheckpoints() {
    return OwnCheckpoints.NONE;
  }

  @Override
  public boolean isLastChance() {
    return false;
  }

  @Override
  public boolean commitsWait() {
    return commits;
  }

  @Override
  public List<Replication> replications() {
    return List.of();
  }

  @Override
  public void awaitCommitted(
      SqlKind likely, DatabaseNames checkpoints, CallWait wait, List<Replication> before)
      throws SQLException {
    if (likely == SqlKind.CHECKPOINTS || (commits && !likely.onlyReads())) {
      told.add("await");
      limit = wait.left(Duration.ofSeconds(30));
      cancelled = wait.cancelled();
      if (pending) {
        throw new ReplicationPendingException("not yet", null);
      }
    }
  }

  @Override
  public void wakeWaiters() {
    told.add("wake");
  }

  @Override
  public boolean usable() {
    return !fenced;
  }

  @Override
  public void awaitAll(CallWait wait) {}

  @Override
  public void awaitOf(List<Replication> replications, CallWait wait) {}

  @Override
  public List<Replication> waiting() {
    return List.of();
  }

  List<String> take() {
    var taken = List.copyOf(told);
    told.clear();
    return taken;
  }
}
