package io.haduck.jdbc;

import io.haduck.core.Durability;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passes on to the replication, where there is one, what the wrappers tell of their calls. Safe for
 * any thread.
 */
abstract class ReplicatedCalls implements DatabaseHook {
  /** The replication of the database at this moment; null if it has none. */
  abstract @Nullable Replication current();

  @Override
  public Optional<Replication> replication() {
    return Optional.ofNullable(current());
  }

  @Override
  public void beforeCall() throws SQLException {
    Replication current = current();
    if (current != null) {
      current.requireNotFenced();
    }
  }

  @Override
  public boolean usable() {
    Replication current = current();
    return current == null || current.fenced() == null;
  }

  @Override
  public void afterCall(SqlKind likely) {
    Replication current = current();
    if (current != null) {
      current.changed(likely);
    }
  }

  @Override
  public void beforeCheckpoint(CallWait wait) {
    Replication current = current();
    if (current != null) {
      current.awaitCaptureRead(wait);
    }
  }

  @Override
  public boolean commitsWait() {
    Replication current = current();
    return current != null && current.durability() == Durability.COMMIT;
  }

  @Override
  public void awaitCommitted(SqlKind likely, CallWait wait) throws SQLException {
    Replication current = current();
    if (current != null) {
      current.awaitCommitted(likely, wait);
    }
  }

  @Override
  public void wakeWaiters() {
    Replication current = current();
    if (current != null) {
      current.wakeWaiters();
    }
  }
}
