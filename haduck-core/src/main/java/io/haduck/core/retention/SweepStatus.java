package io.haduck.core.retention;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of the sweeps of a writer.
 *
 * @param last what the last one that came to its end has found and done; null before the first
 * @param problem why the last one came to none; null if it came to its end, or there was none
 * @param deleted how many objects were deleted by this writer so far
 * @param deletedBytes their bytes
 * @param clockAhead how much later this machine's clock was than the store's; negative if it was
 *     earlier, zero where it was not more than a minute
 */
public record SweepStatus(
    @Nullable SweepReport last,
    @Nullable String problem,
    long deleted,
    long deletedBytes,
    Duration clockAhead) {
  /** Of a writer that has not swept. */
  public static final SweepStatus NONE = new SweepStatus(null, null, 0, 0, Duration.ZERO);

  /** One has come to its end. */
  public SweepStatus swept(SweepReport report) {
    return new SweepStatus(
        report,
        null,
        deleted + (report.dryRun() ? 0 : report.deleted()),
        deletedBytes + (report.dryRun() ? 0 : report.deletedBytes()),
        clockAhead);
  }

  /** One has not. */
  public SweepStatus failed(String why) {
    return new SweepStatus(last, why, deleted, deletedBytes, clockAhead);
  }

  /** The clocks were compared. */
  public SweepStatus withClockAhead(Duration ahead) {
    return new SweepStatus(last, problem, deleted, deletedBytes, ahead);
  }
}
