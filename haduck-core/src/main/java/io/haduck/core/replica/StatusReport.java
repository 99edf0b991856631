package io.haduck.core.replica;

import io.haduck.core.DatabasePosition;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.upkeep.Scrub;
import java.time.Duration;

/** Puts together how a replicator is doing. Looks at the local files, but not at the store. */
final class StatusReport {
  private final String replica;
  private final ReplicaWriter writer;
  private final ReplicationProgress progress;
  private final WatchedDatabase watched;
  private final Scrub scrub;
  private final Sweeper sweeper;

  StatusReport(
      String replica,
      ReplicaWriter writer,
      ReplicationProgress progress,
      WatchedDatabase watched,
      Scrub scrub,
      Sweeper sweeper) {
    this.replica = replica;
    this.writer = writer;
    this.progress = progress;
    this.watched = watched;
    this.scrub = scrub;
    this.sweeper = sweeper;
  }

  ReplicatorStatus of(Duration openedFor) {
    DatabasePosition local = watched.positionIfReadable();
    ProgressView view = progress.view();
    DatabasePosition held = view.held();
    HaduckException problem = view.problem();
    long missing =
        local.iteration() == held.iteration()
            ? Math.max(0, local.walOffset() - held.walOffset())
            : local.walOffset();
    return new ReplicatorStatus(
        replica,
        state(view, local),
        view.lineage(),
        view.epoch(),
        writer.head().nonce(),
        view.seq(),
        held.iteration(),
        local.iteration(),
        held.walOffset(),
        local.walOffset(),
        missing,
        progress.behindFor(),
        view.failingSince(),
        problem == null ? null : problem.getMessage(),
        view.commits(),
        view.bytesSent(),
        watched.missedIterations(),
        watched.receivesEvents(),
        scrub.status(),
        sweeper.status(),
        writer.compaction().share(),
        openedFor);
  }

  private ReplicatorStatus.State state(ProgressView view, DatabasePosition local) {
    if (progress.isClosing()) {
      return ReplicatorStatus.State.CLOSED;
    }
    if (view.isFenced()) {
      return ReplicatorStatus.State.FENCED;
    }
    if (view.problem() != null) {
      return ReplicatorStatus.State.FAILING;
    }
    return view.held().covers(local)
        ? ReplicatorStatus.State.IN_SYNC
        : ReplicatorStatus.State.SENDING;
  }
}
