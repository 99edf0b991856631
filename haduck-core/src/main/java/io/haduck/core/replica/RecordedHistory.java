package io.haduck.core.replica;

import io.haduck.core.DivergedException;
import io.haduck.core.log.LogPosition;
import io.haduck.core.log.LogState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a log still holds what {@code F.haduck} knows that it held: if not, it was emptied,
 * expired or rolled back, and nothing may be appended to it.
 */
final class RecordedHistory {
  private final LocalFiles files;
  private final String replica;

  RecordedHistory(LocalFiles files, String replica) {
    this.files = files;
    this.replica = replica;
  }

  /**
   * Looks for what was lost.
   *
   * @param known what is recorded of this replica; null if nothing is
   * @throws DivergedException if the log has lost history
   */
  void require(@Nullable LocalRecord known, Optional<LogState> head) {
    if (known == null || known.committed().seq() == 0) {
      return;
    }
    if (head.isEmpty()) {
      throw lost(known, "is empty");
    }
    if (!known.lineage().equals(head.get().lineage())) {
      return; // not lost, but another one
    }
    LogPosition committed = known.committed();
    LogPosition there = head.get().position();
    if (there.seq() < committed.seq()) {
      throw lost(known, "ends at seq " + there.seq());
    }
    if (there.seq() == committed.seq() && !there.equals(committed)) {
      throw lost(
          known,
          "has another changeset at seq "
              + committed.seq()
              + " (expected digest "
              + committed.digest()
              + ", found "
              + there.digest()
              + ")");
    }
  }

  private DivergedException lost(LocalRecord known, String what) {
    return new DivergedException(
        replica
            + " has lost history: "
            + files.record()
            + " knows seq "
            + known.committed().seq()
            + " of lineage "
            + known.lineage()
            + ", but the replica "
            + what
            + ". Was it emptied, expired by a lifecycle rule, or rolled back? Nothing was changed. To begin a new log"
            + " from the local file, choose another name (haduck.name) or prefix");
  }
}
