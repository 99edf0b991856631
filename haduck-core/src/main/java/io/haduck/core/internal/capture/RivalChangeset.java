package io.haduck.core.internal.capture;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.ReplicationLog;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Another writer's first changeset behind our last: what says that it has taken the log over.
 *
 * @param seq of it
 * @param changeset null if it could not be read
 */
record RivalChangeset(long seq, @Nullable Changeset changeset) {
  /** Reads what lies at a seq, as far as the store lets us; it is there, or a write was refused. */
  static RivalChangeset at(long seq, ReplicationLog replicationLog) {
    try {
      return new RivalChangeset(
          seq, replicationLog.read(seq).map(DecodedChangeset::changeset).orElse(null));
    } catch (HaduckException e) {
      return new RivalChangeset(seq, null);
    }
  }

  /** Whoever hears of it must not write any more. */
  FencedException fenced(String replica, Path database, Instant noticed, @Nullable Throwable why) {
    Changeset found = changeset;
    String by =
        found == null
            ? ""
            : " ("
                + found.kind()
                + " of epoch "
                + found.epoch()
                + " by writer "
                + found.nonce()
                + ", written "
                + found.time()
                + ")";
    return FencedException.settled(
        "another writer has added seq "
            + seq
            + " to "
            + replica
            + by
            + ": this process may not write to it any more, as it noticed at "
            + noticed
            + (why == null ? "" : " (" + why.getMessage() + ")")
            + ". Close "
            + database
            + ". When it is certain that the other writer is gone, restart this process or call Haduck.shutdown(), and"
            + " open it anew. If it says then that the two have diverged, haduck.on_diverge=restore keeps the local files under"
            + " another name and restores the replica",
        why);
  }
}
