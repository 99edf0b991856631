package io.haduck.core.internal.log;

import io.haduck.core.PositionToken;
import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Up to where one writer's history counts: the state that the next one has taken over.
 *
 * @param epoch of the writer
 * @param nonce of the last changeset before the take-over
 * @param iteration of the database there
 * @param walOffset up to which the log has the WAL's stream of that iteration, in bytes
 */
public record EpochEnd(long epoch, UUID nonce, long iteration, long walOffset) {
  static EpochEnd of(LogState state) {
    return new EpochEnd(
        state.epoch(), state.nonce(), state.identity().iteration(), state.wal().length());
  }

  /** Whether what that writer has told of came before it. */
  public boolean holds(PositionToken token) {
    return nonce.equals(token.writer())
        && (iteration > token.iteration()
            || (iteration == token.iteration() && walOffset >= token.walOffset()));
  }

  /**
   * Looks in a log for the end of a writer's history.
   *
   * @return empty if it is not over, or the log does not tell any more
   */
  public static Optional<EpochEnd> find(ObjectStore store, long epoch) {
    var heads = new ChangesetHeads(store);
    List<LogEntry> all = LogListing.changesets(store, 0).entries();
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (heads.read(all.get(middle)).changeset().epoch() <= epoch) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0 || low == all.size() || all.get(low - 1).seq() + 1 != all.get(low).seq()) {
      return Optional.empty();
    }
    return new ReplicationLog(store)
        .loadAt(all.get(low - 1).seq(), LoadProgress.NONE)
        .filter(end -> end.epoch() == epoch)
        .map(EpochEnd::of);
  }
}
