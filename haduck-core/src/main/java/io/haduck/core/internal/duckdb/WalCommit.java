package io.haduck.core.internal.duckdb;

import java.util.Optional;
import org.roaringbitmap.RoaringBitmap;

/**
 * The entries of one commit, up to and with its flush.
 *
 * @param start position of its first entry in the WAL file, in bytes
 * @param end position behind its flush
 * @param entries number of its entries, the flush included
 * @param drawsOnly whether it holds nothing but sequence values: all that a statement can commit
 *     which only reads
 * @param rowGroupData whether an entry names blocks in the database file (a bulk insert)
 * @param namedBlocks ids of the blocks that these entries name, and perhaps a few more; empty if
 *     that cannot be told. Once the commit is flushed they keep their bytes until the next
 *     checkpoint
 * @param checkpoint where this is no commit but the mark of a checkpoint that began: the meta block
 *     pointer that the header will have once the checkpoint is over
 */
record WalCommit(
    long start,
    long end,
    long entries,
    boolean drawsOnly,
    boolean rowGroupData,
    Optional<RoaringBitmap> namedBlocks,
    Optional<MetadataPointer> checkpoint) {

  /** Whether this only marks that a checkpoint began, and holds no rows. */
  public boolean isCheckpointMark() {
    return checkpoint.isPresent();
  }
}
