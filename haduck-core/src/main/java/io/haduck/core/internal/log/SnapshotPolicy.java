package io.haduck.core.internal.log;

/**
 * When a snapshot is worth its bytes: the log since the last one is long, and the snapshot is not
 * large beside what was written since. One is due
 *
 * <ul>
 *   <li>after so many checkpoints or bytes, if it is at most a quarter of these bytes;
 *   <li>after so many changesets of any kind, which whoever begins with the last one has to read,
 *       if it is at most as long as what they wrote;
 *   <li>after ten times as many, whatever it costs.
 * </ul>
 *
 * @param checkpoints of kind BASE or CHECKPOINT
 * @param bytes written, segments included
 * @param changesets of any kind
 */
public record SnapshotPolicy(long checkpoints, long bytes, long changesets) {
  /** After 1,000 checkpoints, 256 MiB, or 10,000 changesets; 100,000 in any case. */
  public static final SnapshotPolicy DEFAULT = new SnapshotPolicy(1000, 256L << 20, 10_000);

  private static final long IN_ANY_CASE = 10;

  /** Whether a snapshot of this state should be written now. */
  public boolean isDue(LogState state) {
    long written = state.bytesSinceSnapshot();
    if (state.checkpointsSinceSnapshot() >= checkpoints || written >= bytes) {
      if (SnapshotCodec.estimateLength(state) <= written / 4) {
        return true;
      }
    }
    long since = state.changesetsSinceSnapshot();
    return since >= changesets
        && (since / IN_ANY_CASE >= changesets || SnapshotCodec.estimateLength(state) <= written);
  }
}
