package io.haduck.core.internal.log;

import io.haduck.core.PositionToken;
import io.haduck.core.store.ObjectStore;
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
   * @param log the one in that store, which reads states
   * @return empty if it is not over, or the log does not tell any more
   */
  public static Optional<EpochEnd> find(ObjectStore store, ReplicationLog log, long epoch) {
    ChangesetHeads heads = new ChangesetHeads(store);
    LogSearch search = new LogSearch(store, heads);
    long head =
        NumberedKeys.CHANGESETS.last(store, 0, Long.MAX_VALUE).map(LogEntry::seq).orElse(0L);
    LogSearch.Border border = search.find(0, head, changeset -> changeset.epoch() <= epoch);
    DecodedChangeset next = border.next();
    while (next != null && isStray(next, store, heads)) {
      border = search.find(next.changeset().seq(), head, changeset -> changeset.epoch() <= epoch);
      next = border.next();
    }
    DecodedChangeset last = border.last();
    if (last == null || next == null || !border.isUnbroken()) {
      return Optional.empty();
    }
    return log.loadAt(last.changeset().seq(), LoadProgress.NONE)
        .filter(end -> end.epoch() == epoch)
        .map(EpochEnd::of);
  }

  private static boolean isStray(DecodedChangeset there, ObjectStore store, ChangesetHeads heads) {
    return NumberedKeys.CHANGESETS
        .first(store, there.changeset().seq())
        .filter(behind -> StrayOpening.isAt(there, heads.read(behind)))
        .isPresent();
  }
}
