package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether a local database has changes that its replica does not, before it is left aside for a
 * copy that follows the replica. Changes nothing. Under the database's process lock.
 */
public final class UnsentChanges {
  private UnsentChanges() {}

  /**
   * Judges as an opening does.
   *
   * @param head of the log
   * @return what is there, for an error message; empty if the log holds all of it, or there is no
   *     database
   */
  public static Optional<String> in(
      LocalFiles files, ObjectStore store, LogState head, Supplier<Backoff> backoffs)
      throws IOException {
    if (!files.databaseExists()) {
      return files.walExists()
          ? Optional.of(files.wal().wal() + " exists without its database")
          : Optional.empty();
    }
    var judging =
        new Reconciliation(
            files,
            store,
            new KeptReplica(store, Retries.once()).log(),
            new RangeFetcher(store, backoffs),
            OpeningPolicy.DEFAULT);
    Judgement judgement;
    try {
      judgement = judging.judge(LocalRecord.read(files.record()), Optional.of(head));
    } catch (DivergedException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    DivergedException divergence = judgement.divergence();
    if (divergence != null) {
      return Optional.of(String.valueOf(divergence.getMessage()));
    }
    return switch (judgement.verdict()) {
      case UNCHANGED, RECORDED, PROVEN -> beyond(files, head);
      case FAST_FORWARD, FAST_FORWARD_KEEPING, RESTORE -> Optional.empty();
      case NEW, ADOPT, DESCENDANT, REWIND, DIVERGED ->
          Optional.of(files.database() + " has a checkpoint that is not on " + store);
    };
  }

  private static Optional<String> beyond(LocalFiles files, LogState head) throws IOException {
    try (FoundDatabase found = FoundDatabase.observe(files)) {
      long unsent = found.walLength() - head.wal().length();
      return unsent > 0
          ? Optional.of(
              files.database()
                  + " has "
                  + unsent
                  + " bytes of write-ahead log that are not on its replica")
          : Optional.empty();
    }
  }
}
