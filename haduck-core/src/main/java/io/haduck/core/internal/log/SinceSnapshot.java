package io.haduck.core.internal.log;

/**
 * How long the log is since the last snapshot that a state knows of, or the BASE it began with.
 *
 * @param from the seq of that
 * @param checkpoints how many BASEs and CHECKPOINTs were applied since
 * @param bytes how many bytes the changesets that were applied since wrote, segments included
 */
record SinceSnapshot(long from, long checkpoints, long bytes) {
  /** Just after a snapshot, or after the BASE with which a log begins. */
  static SinceSnapshot none(long seq) {
    return new SinceSnapshot(seq, 0, 0);
  }

  /** After one more changeset. */
  SinceSnapshot after(DecodedChangeset next) {
    int checkpoint = next.changeset().kind().hasHeaders() ? 1 : 0;
    return new SinceSnapshot(from, checkpoints + checkpoint, bytes + next.writtenLength());
  }
}
