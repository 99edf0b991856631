package io.haduck.core.internal.capture;

import io.haduck.core.CommitReceipt;
import io.haduck.core.Ticker;
import io.haduck.core.internal.compaction.MovedBlocks;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.watch.Observation;
import java.time.Duration;

/**
 * A commit whose outcome is not known yet: until it is, its seq is only ever written with these
 * bytes.
 */
sealed interface PendingCommit {
  /** Returns what is to be written. */
  EncodedChangeset encoded();

  /** Takes the log over, and holds nothing of the database. */
  record Epoch(EncodedChangeset encoded) implements PendingCommit {}

  /**
   * Says that blocks lie elsewhere, too, and holds nothing new of the database.
   *
   * @param moved the blocks
   */
  record Compacted(EncodedChangeset encoded, MovedBlocks moved) implements PendingCommit {}

  /**
   * Holds what was captured of the database.
   *
   * @param observation of the database that it holds
   * @param stamp of the file, taken before the headers were read for the last time
   * @param blocksRead to find what has changed
   * @param begunNanos when the capture began
   */
  record Content(
      EncodedChangeset encoded,
      Observation observation,
      FileStamp stamp,
      int blocksRead,
      long begunNanos)
      implements PendingCommit {

    /**
     * Returns what is told of it once it is in the log.
     *
     * @param after the log's state with it
     */
    CommitReceipt receipt(LogState after, Ticker ticker) {
      Changeset changeset = encoded.changeset();
      return new CommitReceipt(
          changeset.seq(),
          changeset.kind().ofCommit(),
          changeset.identity().iteration(),
          after.wal().length(),
          changeset.blocks().size(),
          after.index().cardinality(),
          blocksRead,
          encoded.decoded().writtenLength(),
          encoded.decoded().rawLength(),
          changeset.identity().blockSize(),
          Duration.ofNanos(ticker.nanos() - begunNanos),
          changeset.time());
    }
  }
}
