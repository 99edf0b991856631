package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.ReplicaPlace;
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
   * @param record what is recorded of the local file, if anything is, of whatever replica
   * @throws DivergedException if the log has lost history
   * @throws StoreAccessException if the place where it was is not there, such as a disk that is not
   *     mounted
   */
  void require(Optional<LocalRecord> record, Optional<LogState> head) {
    LocalRecord known = record.filter(this::isOfThisPlace).orElse(null);
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

  /**
   * What is recorded of this log: by what the log says that it is. An empty one says nothing, and
   * is known by its place.
   */
  @Nullable LocalRecord known(Optional<LocalRecord> record, Optional<LogState> head) {
    return record
        .filter(
            candidate ->
                isOfThisPlace(candidate)
                    || head.filter(state -> state.lineage().equals(candidate.lineage()))
                        .isPresent())
        .orElse(null);
  }

  /** Whether the log holds what was committed, or has gone on from it and does not keep it. */
  boolean hasGoneOnFrom(LocalRecord known) {
    return known.committed().seq() > 0 && log.lost(known.committed()).isEmpty();
  }

  private boolean isOfThisPlace(LocalRecord record) {
    return ReplicaPlace.isSame(record.replica(), replica);
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
