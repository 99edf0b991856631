package io.haduck.core.internal.log;

import io.haduck.core.HaduckException;
import io.haduck.core.store.PutResult;
import java.util.Optional;

/**
 * Writes snapshots of a log while it grows. Where the store takes none, it is not asked with each
 * commit: a snapshot may be long, and commits wait for it. For the thread of its writer.
 */
public final class DueSnapshots {
  /** So many changesets later it is tried again, or after the next BASE or CHECKPOINT. */
  private static final long AGAIN_AFTER = 1000;

  private final ReplicationLog replicationLog;
  private final SnapshotPolicy policy;
  private long notBefore;

  /** Of a log, as a policy says. */
  public DueSnapshots(ReplicationLog replicationLog, SnapshotPolicy policy) {
    this.replicationLog = replicationLog;
    this.policy = policy;
  }

  /**
   * Writes a snapshot of a committed state if it is time for one.
   *
   * @return why there is none though it is time; empty if there is one, or it is not time
   */
  public Optional<String> writeIfDue(LogState state) {
    long seq = state.position().seq();
    if ((seq < notBefore && !state.kind().hasHeaders()) || !policy.isDue(state)) {
      return Optional.empty();
    }
    notBefore = seq + AGAIN_AFTER;
    try {
      PutResult result = replicationLog.writeSnapshot(state);
      if (result.outcome() == PutResult.Outcome.UNKNOWN) {
        return Optional.of(String.valueOf(result.cause()));
      }
      notBefore = 0;
      return Optional.empty();
    } catch (HaduckException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
