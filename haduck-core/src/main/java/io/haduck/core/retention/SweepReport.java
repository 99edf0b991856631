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
 * @param before the policy that was in force until then
 * @param announced the policy that comes into force later, since it gives up more; null if none
 *     does
 * @param announcedFrom from the first sweep after which on that is; null if none is announced
 * @param withdrawn a policy that had been announced, and is not any more; null if none was
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
 * @param agedTo by which time things have grown old: {@code at}, or earlier where the sweep before
 *     was long ago, so that a clock which has leapt ahead gives up little before it is noticed
 */
public record SweepReport(
    Instant at,
    boolean dryRun,
    long head,
    RetentionPolicy policy,
    RetentionPolicy before,
    @Nullable RetentionPolicy announced,
    @Nullable Instant announcedFrom,
    @Nullable RetentionPolicy withdrawn,
    long wholeFrom,
    long walFrom,
    List<RetainedState> retained,
    List<Long> dropped,
    long deleted,
    long deletedBytes,
    boolean keptAsVersions,
    Duration ahead,
    Instant agedTo) {
  /** So long after a pause the next sweep goes by the time. */
  private static final Duration SETTLED = Duration.ofHours(1);

  /** Whether less is kept from this sweep on, or will be, than somebody may expect. */
  public boolean keepsLess() {
    return policy.shrinks(before) || (announced != null && !isFirst());
  }

  /**
   * Whether the sweep before was so long ago that the next one gives up a whole window. So it is
   * where nothing was written for as long, and where the store's clock has leapt ahead.
   */
  public boolean isAfterLongPause() {
    Duration window =
        policy.window().compareTo(policy.walWindow()) < 0 ? policy.window() : policy.walWindow();
    return Duration.between(agedTo, at).compareTo(window) >= 0;
  }

  /** Who says that everything is to be kept may have said less before. */
  private boolean isFirst() {
    return walFrom == 0 && wholeFrom == 0 && before.equals(RetentionPolicy.EVERYTHING);
  }

  /** Returns it in a few sentences. */
  public String summary() {
    RetentionPolicy next = announced;
    if (next != null && isFirst()) {
      return "nothing was ever deleted here; from the first sweep after "
          + announcedFrom
          + " on what is older than "
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
    StringBuilder words = new StringBuilder(what);
    if (!policy.equals(before)) {
      words.append(dryRun ? ". It would go by: " : ". Now in force: ").append(policy.inWords());
      words.append(" instead of ").append(before.inWords());
    }
    if (agedTo.isBefore(at)) {
      words.append(". The sweep before was long ago: what has expired since ").append(agedTo);
      words.append(" goes with the first one after ").append(at.plus(SETTLED));
      words.append("; if that is not the time, set the store's clock right before");
    }
    if (withdrawn != null) {
      words.append(". Announced no more: ").append(withdrawn.inWords());
    }
    if (next != null) {
      words.append(". From the first sweep after ").append(announcedFrom);
      words.append(" on less is kept: ").append(next.inWords());
      words.append(" instead of ").append(policy.inWords());
      words.append("; to take that back, set what is kept now");
    }
    return words.toString();
  }

  /** Copies the lists. */
  public SweepReport {
    retained = List.copyOf(retained);
    dropped = List.copyOf(dropped);
  }
}
