package io.haduck.core.replica;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.log.Changeset;
import io.haduck.core.log.DecodedChangeset;
import io.haduck.core.log.ReplicationLog;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Another writer's first changeset behind our last: what says that it has taken the log over.
 *
 * @param seq of it
 * @param changeset null if it could not be read
 */
record Takeover(long seq, @Nullable Changeset changeset) {
  private static final Logger log = LoggerFactory.getLogger(Takeover.class);

  /** Reads what lies at a seq, as far as the store lets us; it is there, or a write was refused. */
  static Takeover at(long seq, ReplicationLog replicationLog) {
    try {
      return new Takeover(
          seq, replicationLog.read(seq).map(DecodedChangeset::changeset).orElse(null));
    } catch (HaduckException e) {
      return new Takeover(seq, null);
    }
  }

  /**
   * Looks whether there is one, for that long at most.
   *
   * @param seq behind the last that is known to be ours
   * @param ours the nonce of this writer, whose own append may be under way
   * @return empty if there is none, or the store does not say in time
   */
  static Optional<Takeover> look(
      Duration limit, long seq, UUID ours, ReplicationLog replicationLog) {
    var look =
        new FutureTask<Optional<Takeover>>(
            () ->
                replicationLog
                    .read(seq)
                    .map(DecodedChangeset::changeset)
                    .filter(found -> !found.nonce().equals(ours))
                    .map(found -> new Takeover(seq, found)));
    DaemonThreads.named("haduck-look").newThread(look).start();
    try {
      return look.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.debug("the store does not say whether another writer has added seq {}", seq, e);
    }
    return Optional.empty();
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
    return new FencedException(
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
            + " open it anew",
        why);
  }
}
