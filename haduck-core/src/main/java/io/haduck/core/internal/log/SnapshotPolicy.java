package io.haduck.core.internal.log;

/**
 * When a snapshot is worth its bytes: the log since the last one is long, and the snapshot is at
 * most a quarter of what was written since.
 *
 * @param changesets of kind BASE or CHECKPOINT; one is due after so many
 * @param bytes written, segments included; one is due after so many
 */
public record SnapshotPolicy(long changesets, long bytes) {
  /** After 1,000 changesets or 256 MiB. */
  public static final SnapshotPolicy DEFAULT = new SnapshotPolicy(1000, 256L << 20);

  /** Whether a snapshot of this state should be written now. */
  public boolean isDue(LogState state) {
    return state.kind().hasHeaders()
        && (state.changesetsSinceSnapshot() >= changesets || state.bytesSinceSnapshot() >= bytes)
        && SnapshotCodec.estimateLength(state) <= state.bytesSinceSnapshot() / 4;
  }
}
