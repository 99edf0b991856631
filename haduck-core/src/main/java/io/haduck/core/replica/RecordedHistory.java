package io.haduck.core.replica;

import io.haduck.core.DivergedException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.log.LogPosition;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a log still holds what {@code F.haduck} knows that it held: if not, it was emptied,
 * expired or rolled back, and nothing may be appended to it.
 */
final class RecordedHistory {
  private final LocalFiles files;
  private final String replica;
  private final ReplicationLog log;

  RecordedHistory(LocalFiles files, String replica, ReplicationLog log) {
    this.files = files;
    this.replica = replica;
    this.log = log;
  }

  /**
   * Looks for what was lost.
   *
   * @param known what is recorded of this replica; null if nothing is
   * @throws DivergedException if the log has lost history
   * @throws StoreAccessException if the place where it was is not there, such as a disk that is not
   *     mounted
   */
  void require(@Nullable LocalRecord known, Optional<LogState> head) {
    if (known == null || known.committed().seq() == 0) {
      return;
    }
    if (head.isEmpty()) {
      log.absence()
          .ifPresent(
              absence -> {
                throw notThere(known, absence);
              });
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

  private StoreAccessException notThere(LocalRecord known, String absence) {
    return new StoreAccessException(
        replica
            + " is not there: "
            + absence
            + ", and "
            + files.record()
            + " knows that it held seq "
            + known.committed().seq()
            + ". Is the disk or share that it lies on not mounted, or was it moved? Nothing was changed. Mount it or bring"
            + " it back, and open again; if it is lost for good, begin another from the local file: choose another name"
            + " (haduck.name) or place (haduck.replica)",
        null);
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
