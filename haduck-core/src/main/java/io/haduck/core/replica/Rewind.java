package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.settings.OfflinePolicy;
import io.haduck.core.store.ReplicaPlace;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes a database that was restored to an earlier point of its replica the head again: what it
 * holds is sent as one more changeset, and what it undoes stays in the log, under the name of a
 * point that this makes: {@code rewind-20261120t103000z-seq123}, by its time and seq.
 */
public final class Rewind {
  private Rewind() {}

  /**
   * Rewinds, and closes the replica again. DuckDB should have the file closed.
   *
   * @param options of the database; its store is closed, but not where opening fails
   * @param timeout for sending the difference
   * @return the changeset that is the head now
   * @throws DivergedException if the file was not restored to an earlier point of that replica, or
   *     was copied since
   * @throws UnavailableException if the store does not answer; the file then is as it was
   * @throws LocalFileException if another process has the database, or the disk fails
   * @throws InterruptedException if this thread is interrupted; call it again
   */
  public static CommitReceipt run(ReplicatorOptions options, Duration timeout)
      throws InterruptedException {
    requireDetached(options);
    try (Replicator replicator =
        Replicator.open(
            options.withPolicy(options.policy().rewinding().with(OfflinePolicy.ERROR)))) {
      replicator.databaseOpening();
      replicator.databaseOpened(CheckpointHold.none());
      SyncResult result = replicator.await(replicator.position(), timeout, () -> false);
      CommitReceipt receipt = result.receipt();
      if (result.reached() && receipt != null) {
        return receipt;
      }
      HaduckException problem = result.problem();
      throw problem != null
          ? problem
          : new UnavailableException(
              options.store()
                  + " has not taken what "
                  + options.database()
                  + " holds within "
                  + timeout
                  + "; it is still marked as restored to an earlier point. Try again");
    }
  }

  private static void requireDetached(ReplicatorOptions options) {
    LocalFiles files;
    Optional<LocalRecord> record;
    try {
      files = LocalFiles.of(options.database());
      record = LocalRecord.read(files.record());
    } catch (IOException e) {
      throw new LocalFileException("cannot read " + options.database() + ": " + e, e);
    }
    String replica = options.store().toString();
    if (!files.databaseExists()) {
      throw notToRewind(files, replica, "it does not exist");
    }
    if (record.isEmpty()) {
      throw notToRewind(
          files, replica, "there is no usable " + files.record() + " that says to which point");
    }
    LocalRecord known = record.get();
    if (!ReplicaPlace.isSame(known.replica(), replica)) {
      throw notToRewind(files, replica, files.record() + " says that it is of " + known.replica());
    }
    if (!known.detached()) {
      throw notToRewind(
          files, replica, "it is at the last commit that it knows, seq " + known.committed().seq());
    }
  }

  private static DivergedException notToRewind(LocalFiles files, String replica, String why) {
    return new DivergedException(
        files.database()
            + " was not restored to an earlier point of "
            + replica
            + ", so there is nothing to rewind: "
            + why
            + ". Restore it to an earlier seq or moment first (Haduck.restore, overwriting), then rewind");
  }
}
