package io.haduck.core.internal.restoring;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import java.util.Optional;

/**
 * What is to be restored.
 *
 * @param state of the log
 * @param withWal whether with its write-ahead log
 * @param headSeq the last seq of the log
 * @param lost what the target holds beyond that
 */
public record RestorePoint(
    LogState state, boolean withWal, long headSeq, Optional<RestoreResult.LostWal> lost) {
  /** The head, with all that belongs to it. */
  public static RestorePoint head(LogState head) {
    return new RestorePoint(head, true, head.position().seq(), Optional.empty());
  }

  /**
   * Finds what a request asks for.
   *
   * @throws DivergedException if the replica holds nothing, or not the moment, or has no such point
   * @throws CorruptDataException if the replica does not verify
   */
  public static RestorePoint find(KeptReplica kept, RestoreRequest request) {
    ReplicationLog replica = kept.log();
    LogState target = target(kept, request);
    long headSeq =
        request.target() instanceof RestoreTarget.Latest
            ? target.position().seq()
            : replica.loadLatest(LoadProgress.NONE).map(head -> head.position().seq()).orElse(0L);
    if (!request.withoutWal() || target.wal().length() == 0) {
      return new RestorePoint(target, true, headSeq, Optional.empty());
    }
    LogState checkpoint =
        replica
            .loadAt(target.anchor().seq(), LoadProgress.NONE)
            .orElseThrow(
                () ->
                    new DivergedException(
                        request.store()
                            + " does not hold the checkpoint before seq "
                            + target.position().seq()
                            + " any more; restore to another seq"));
    return new RestorePoint(
        checkpoint,
        false,
        headSeq,
        Optional.of(
            new RestoreResult.LostWal(
                target.wal().length(),
                -1,
                target.position().seq() - checkpoint.position().seq(),
                Math.min(checkpoint.position().seq() + 1, target.position().seq()),
                target.position().seq(),
                checkpoint.time(),
                target.time())));
  }

  private static LogState target(KeptReplica kept, RestoreRequest request) {
    ReplicationLog replica = kept.log();
    RestoreTarget target = request.target();
    Optional<LogState> state;
    if (target instanceof RestoreTarget.AtSeq at) {
      state = replica.loadAt(at.seq(), LoadProgress.NONE);
    } else if (target instanceof RestoreTarget.AtTime at) {
      state = replica.loadAt(at.time(), LoadProgress.NONE);
    } else if (target instanceof RestoreTarget.AtPoint at) {
      return NamedTarget.find(kept, at.name());
    } else {
      state = replica.loadLatest(LoadProgress.NONE);
    }
    return state.orElseThrow(() -> MissingMoment.of(target, request.store(), replica));
  }

  /** Whether the log holds more than what is restored. */
  boolean belowHead() {
    return state.position().seq() < headSeq || lost.isPresent();
  }

  /** How long the write-ahead log is that belongs to it, in bytes. */
  long walLength() {
    return withWal ? state.wal().length() : 0;
  }
}
