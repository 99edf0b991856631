package io.haduck.core.internal.opening;

import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MissingChangesetException;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.WalRun;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How the content of a local database, blocks and write-ahead log, compares with what a log holds:
 * at which of its checkpoints it is, and which of the two has more. Proven by hashing all of it,
 * whatever is known of its history: nothing local is overwritten that is not proven to be in the
 * log.
 *
 * @param atHead whether the database's last checkpoint is that of the head
 * @param wal how its write-ahead log compares with the last that the log holds of that checkpoint's
 * @param problem why nothing is proven; null if the blocks are those of the log
 * @param ofUndone whether its last commits go on from some that the log held and that were undone
 * @param untold whether nothing is proven since the log does not keep what it would be proven by
 */
record DatabaseComparison(
    boolean atHead,
    @Nullable WalComparison wal,
    @Nullable String problem,
    boolean ofUndone,
    boolean untold) {
  /** A request each. */
  private static final int FURTHER_CHECKPOINTS = 50;

  /** Whether the log holds all of the local database, and more. */
  boolean isBehind() {
    return wal != null && wal.logHoldsAll() && !(atHead && wal.localHoldsAll());
  }

  /** Whether the local database holds all of the log's head, and perhaps more. */
  boolean holdsHead() {
    return atHead && wal != null && wal.localHoldsAll();
  }

  /** For an error: what keeps the two from being one history. */
  String difference() {
    return problem == null ? String.valueOf(wal) : problem;
  }

  /**
   * Looks for the last checkpoint in the log that has the database's headers and content.
   *
   * <p>Iterations grow from checkpoint to checkpoint, unless the log was rewound. So the search
   * goes on for a while after a lower one, and after one whose headers are the same by chance; and
   * where the database has commits beyond the head, after those too: they may have been undone. If
   * all of them were, the log holds the database; if its last ones go on from those that were, it
   * is no descendant of the head, though the head's checkpoint and commits are all in it.
   */
  static DatabaseComparison of(
      FoundDatabase local, ReplicationLog replica, LogState head, RangeFetcher fetcher)
      throws IOException {
    DatabaseComparison best =
        unproven(
            "the log holds no checkpoint of iteration " + local.iteration() + " with its headers");
    long next = 0;
    int further = 0;
    for (long seq = head.anchor().seq(); seq > 0 && further < FURTHER_CHECKPOINTS; ) {
      Optional<DecodedChangeset> read = replica.read(seq);
      if (read.isEmpty()) {
        return best.problem() == null || best.ofUndone()
            ? best
            : untold(best.problem() + ", and does not hold seq " + seq + " any more");
      }
      Changeset checkpoint = read.get().changeset();
      HeaderBytes headers = checkpoint.headers();
      if (headers != null && local.hasHeaders(headers)) {
        DatabaseComparison found = at(next, local, replica, head, fetcher);
        if (found.isBehind() || (found.holdsHead() && !found.hasMore())) {
          return found;
        }
        if (best.holdsHead() ? found.ofUndone() : !best.ofUndone()) {
          best = found;
        }
      }
      if (checkpoint.identity().iteration() <= local.iteration()) {
        further++;
      }
      next = seq;
      seq = checkpoint.anchor().seq();
    }
    return best;
  }

  /** Compares with the last state of a checkpoint. */
  private static DatabaseComparison at(
      long next, FoundDatabase local, ReplicationLog replica, LogState head, RangeFetcher fetcher)
      throws IOException {
    boolean atHead = next == 0;
    LogState state;
    try {
      state = atHead ? head : replica.loadAt(next - 1, LoadProgress.NONE).orElse(null);
    } catch (MissingChangesetException e) {
      return untold("the log does not tell any more what was at seq " + (next - 1));
    }
    if (state == null) {
      return untold("the log does not hold seq " + (next - 1) + " any more");
    }
    WalComparison wal = local.compare(state.wal(), fetcher);
    if (!atHead && !wal.logHoldsAll() && undone(state, wal) > head.wal().length()) {
      return new DatabaseComparison(
          false,
          wal,
          "it goes on from commits that the replica held up to seq "
              + (next - 1)
              + " and that were undone since, by a rewind",
          true,
          false);
    }
    if (!wal.localHoldsAll() && !wal.logHoldsAll()) {
      return new DatabaseComparison(atHead, wal, null, false, false);
    }
    OptionalInt difference = local.difference(state, wal, fetcher);
    if (difference.isPresent()) {
      return unproven(
          "block "
              + difference.getAsInt()
              + " is not what the log holds of iteration "
              + local.iteration());
    }
    return new DatabaseComparison(atHead, wal, null, false, false);
  }

  /** Returns up to where whole commits of an earlier state are in the database, in bytes of WAL. */
  private static long undone(LogState earlier, WalComparison wal) {
    long end = 0;
    for (WalRun run : earlier.wal().runs()) {
      if (run.streamEnd() <= wal.same()) {
        end = run.streamEnd();
      }
    }
    return end;
  }

  /** Whether the database has commits that this state has not. */
  private boolean hasMore() {
    return wal != null && !wal.logHoldsAll();
  }

  private static DatabaseComparison unproven(String problem) {
    return new DatabaseComparison(false, null, problem, false, false);
  }

  private static DatabaseComparison untold(String problem) {
    return new DatabaseComparison(false, null, problem, false, true);
  }
}
