package io.haduck.core.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sweep has found and done.
 *
 * @param at when, by the store's clock
 * @param dryRun whether it has only said what it would do
 * @param head seq of the log's last changeset
 * @param policy in force
 * @param announced the policy that comes into force at the first sweep an hour later, since it
 *     gives up more; null if nothing changes
 * @param wholeFrom every checkpoint from this seq on is kept; 0 for all
 * @param walFrom every commit from this seq on is kept; 0 for all
 * @param retained the states below that are kept, ascending
 * @param dropped the seqs of those that were kept below it until now, ascending
 * @param deleted how many objects were deleted, or would be
 * @param deletedBytes their bytes
 * @param keptAsVersions whether the store keeps what is deleted as noncurrent versions, so that
 *     nothing is freed until it expires these
 * @param ahead how much later the times of commits are than the store's, by which age counts; zero
 *     where that is less than a minute
 */
public record SweepReport(
    Instant at,
    boolean dryRun,
    long head,
    RetentionPolicy policy,
    @Nullable RetentionPolicy announced,
    long wholeFrom,
    long walFrom,
    List<RetainedState> retained,
    List<Long> dropped,
    long deleted,
    long deletedBytes,
    boolean keptAsVersions,
    Duration ahead) {
  /** Returns it in a sentence or two. */
  public String summary() {
    RetentionPolicy next = announced;
    if (next != null && policy.equals(RetentionPolicy.EVERYTHING)) {
      return "nothing was ever deleted here; from the first sweep an hour from now on what is older than "
          + next.inWords()
          + " is (haduck.gc=off to keep everything)";
    }
    String what =
        (dryRun ? "a sweep would delete " : "swept: ")
            + deleted
            + " objects of "
            + deletedBytes
            + " bytes"
            + (dryRun ? "" : " deleted")
            + (keptAsVersions
                ? ", whose versions stay until a lifecycle rule of the bucket expires them"
                : "")
            + "; any commit from seq "
            + Math.max(1, walFrom)
            + (wholeFrom < walFrom ? ", any checkpoint from seq " + Math.max(1, wholeFrom) : "")
            + " and "
            + retained.size()
            + " single states are kept"
            + (ahead.isZero()
                ? ""
                : ". The times of commits are up to "
                    + ahead.toMinutes()
                    + " minutes ahead of the store's clock: restores to a time go by them, and age by the store's");
    return next == null
        ? what
        : what
            + ". From the first sweep an hour from now on less is kept: "
            + next.inWords()
            + " instead of "
            + policy.inWords();
  }

  /** Copies the lists. */
  public SweepReport {
    retained = List.copyOf(retained);
    dropped = List.copyOf(dropped);
  }
}
