package io.haduck.core.retention;

import org.jspecify.annotations.Nullable;

/**
 * What became of the sweeps of a writer.
 *
 * @param last what the last one that came to its end has found and done; null before the first
 * @param problem why the last one came to none; null if it came to its end, or there was none
 * @param deleted how many objects were deleted by this writer so far
 * @param deletedBytes their bytes
 */
public record SweepStatus(
    @Nullable SweepReport last, @Nullable String problem, long deleted, long deletedBytes) {
  /** Of a writer that has not swept. */
  public static final SweepStatus NONE = new SweepStatus(null, null, 0, 0);

  /** One has come to its end. */
  public SweepStatus swept(SweepReport report) {
    return new SweepStatus(
        report,
        null,
        deleted + (report.dryRun() ? 0 : report.deleted()),
        deletedBytes + (report.dryRun() ? 0 : report.deletedBytes()));
  }

  /** One has not. */
  public SweepStatus failed(String why) {
    return new SweepStatus(last, why, deleted, deletedBytes);
  }
}
