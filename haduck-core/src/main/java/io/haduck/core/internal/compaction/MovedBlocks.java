package io.haduck.core.internal.compaction;

import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.ChangesetObjects;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalSection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.roaringbitmap.RoaringBitmap;

/**
 * Blocks that lie in new segments, too, which nothing names yet.
 *
 * @param blocks ascending by id
 */
public record MovedBlocks(List<Moved> blocks) {
  /** Sorts them. */
  public MovedBlocks {
    blocks = blocks.stream().sorted(Comparator.comparingInt(Moved::blockId)).toList();
  }

  /** How many bytes were written for them. */
  public long bytes() {
    return blocks.stream().map(Moved::segment).distinct().mapToLong(SegmentRef::length).sum();
  }

  /**
   * A block's content, and where it lies now.
   *
   * @param hash of the bytes that were written there
   * @param offset in the segment
   */
  record Moved(
      int blockId,
      BlockHash hash,
      SegmentRef segment,
      long offset,
      int storedLength,
      int crc32c,
      boolean compressed) {
    /** Another block with the same content, which so lies there, too. */
    Moved as(int otherId) {
      return new Moved(otherId, hash, segment, offset, storedLength, crc32c, compressed);
    }
  }

  /**
   * The changeset by which the log's head refers to the segments, and to nothing else than before
   * otherwise: the same blocks with the same hashes, the same WAL, the same identity. It depends on
   * the head alone; the database may have moved on.
   *
   * @param head of the log now
   * @param nonce of the writer
   * @return empty if the segments may not be named any more, the head's WAL cannot be referred to,
   *     or the head has none of these blocks
   */
  public Optional<Changeset> changeset(LogState head, UUID nonce, Instant now) {
    BlockIndex index = head.index();
    List<Moved> still = new ArrayList<>();
    Set<SegmentRef> segments = new LinkedHashSet<>();
    for (Moved block : blocks) {
      if (block.segment().seq() <= head.anchor().seq()) {
        return Optional.empty(); // whoever sweeps may have deleted it
      }
      if (index.hashEquals(block.blockId(), block.hash())) {
        still.add(block);
        segments.add(block.segment());
      }
    }
    if (still.isEmpty() || !canFollow(head)) {
      return Optional.empty();
    }
    var objects = new ChangesetObjects(List.copyOf(segments));
    List<StoredBlock> moved = still.stream().map(block -> stored(block, objects, index)).toList();
    RoaringBitmap freed = head.freedSinceAnchor();
    List<StoredBlock> listed = objects.blocks(head, moved, freed);
    List<WalPiece> pieces = head.wal().runs().stream().map(objects::wal).toList();
    var changeset =
        new Changeset(
            head.position().seq() + 1,
            head.epoch(),
            nonce,
            head.lineage(),
            head.position().digest(),
            head.anchor(),
            head.nextTimeMicros(now),
            ChangesetKind.WAL,
            head.identity(),
            null,
            objects.segments(),
            objects.earlier(),
            listed,
            freed,
            WalSection.whole(head.identity().iteration(), pieces),
            index.stateAfter(listed, freed),
            head.databasePath());
    if (!changeset.state().equals(index.state())) {
      throw new IllegalStateException(
          changeset.key() + " would change what the log holds: " + changeset.state());
    }
    return Optional.of(changeset);
  }

  /** Whether all of the head's WAL can be referred to: a piece that was cut off cannot. */
  static boolean canFollow(LogState head) {
    return head.wal().runs().stream().allMatch(WalRun::isWhole);
  }

  private static StoredBlock stored(Moved block, ChangesetObjects objects, BlockIndex index) {
    return new StoredBlock(
        block.blockId(),
        block.hash(),
        objects.segment(block.segment()),
        block.offset(),
        block.storedLength(),
        block.crc32c(),
        block.compressed(),
        index.checksumInvalid(block.blockId()));
  }
}
