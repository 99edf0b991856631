package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/**
 * Numbers the objects that the blocks and WAL pieces of a changeset in the making lie in, and lists
 * again by reference what earlier changesets brought. Segments come first: once an earlier object
 * has a number, no segment can be added. For one thread.
 */
public final class ChangesetObjects {
  private final List<SegmentRef> segments = new ArrayList<>();
  private final List<EarlierObject> earlier = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  /** Without any object yet. */
  public ChangesetObjects() {}

  /** With segments that have their numbers already, from 1. */
  public ChangesetObjects(List<SegmentRef> segments) {
    segments.forEach(this::segment);
  }

  /**
   * The number of a segment, a new one unless it has one.
   *
   * @throws IllegalStateException if it is new and an earlier object has a number
   */
  public int segment(SegmentRef segment) {
    Integer known = numbers.get(segment.key());
    if (known != null) {
      return known;
    }
    if (!earlier.isEmpty()) {
      throw new IllegalStateException(
          segment.key() + " comes after " + earlier.get(0).key() + "; segments come first");
    }
    segments.add(segment);
    numbers.put(segment.key(), segments.size());
    return segments.size();
  }

  /**
   * The number of an object in the store, a new one unless it has one.
   *
   * @param objectKey that of one of the segments, or of an earlier changeset or segment
   */
  public int earlier(String objectKey) {
    return numbers.computeIfAbsent(
        objectKey,
        key -> {
          earlier.add(EarlierObject.ofKey(key));
          return segments.size() + earlier.size();
        });
  }

  /** The entry of a block that is in the index, pointing at where its bytes are already. */
  public StoredBlock block(BlockIndex index, int blockId) {
    ObjectSlice slice = index.locate(blockId);
    return StoredBlock.of(
        blockId,
        index.hash(blockId),
        earlier(slice.objectKey()),
        slice,
        index.checksumInvalid(blockId));
  }

  /**
   * The blocks that a CHECKPOINT or a self-contained WAL changeset lists: those that are new, and
   * all others that changed since the anchor and stay, by reference. For a BASE nothing is needed.
   *
   * @param head the state before the changeset
   * @param news new blocks, strictly ascending by id; their objects have numbers of this instance
   * @param freed ids that the changeset frees
   * @return strictly ascending by id
   */
  public List<StoredBlock> blocks(LogState head, List<StoredBlock> news, RoaringBitmap freed) {
    RoaringBitmap again = head.changedSinceAnchor();
    again.andNot(freed);
    List<StoredBlock> result = new ArrayList<>();
    news.forEach(block -> again.remove(block.blockId()));
    var ids = again.getIntIterator();
    for (StoredBlock block : news) {
      while (ids.hasNext() && ids.peekNext() < block.blockId()) {
        result.add(block(head.index(), ids.next()));
      }
      result.add(block);
    }
    while (ids.hasNext()) {
      result.add(block(head.index(), ids.next()));
    }
    return result;
  }

  /**
   * A run of the WAL's stream as a piece that points at where its bytes are already.
   *
   * @throws IllegalArgumentException if the run was cut off ({@link WalRun#isWhole()}): a piece
   *     stands for all its bytes, so the used ones must be sent again as a new piece
   */
  public WalPiece wal(WalRun run) {
    if (!run.isWhole()) {
      throw new IllegalArgumentException(
          "of "
              + run.rawLength()
              + " WAL bytes at offset "
              + run.slice().offset()
              + " of "
              + run.slice().objectKey()
              + " only "
              + run.usedLength()
              + " count; they must be sent again");
    }
    return WalPiece.of(earlier(run.slice().objectKey()), run.slice(), run.content());
  }

  /** For {@link Changeset#segments()}; a copy. */
  public List<SegmentRef> segments() {
    return List.copyOf(segments);
  }

  /** For {@link Changeset#earlier()}; a copy. */
  public List<EarlierObject> earlier() {
    return List.copyOf(earlier);
  }
}
