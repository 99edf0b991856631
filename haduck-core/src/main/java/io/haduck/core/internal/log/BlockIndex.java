package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which blocks make up a database, the hash of each and where its bytes are: what the changesets up
 * to some point add up to. Takes some 35 bytes per block. Not thread-safe; a {@link #copy()} is
 * cheap and independent.
 */
public final class BlockIndex {
  private RoaringBitmap ids;
  private BlockPages pages;
  private ObjectTable objects;
  private RollingChecksum state;

  /** An index without blocks. */
  public BlockIndex() {
    this(new RoaringBitmap(), new BlockPages(), new ObjectTable(), new RollingChecksum());
  }

  private BlockIndex(
      RoaringBitmap ids, BlockPages pages, ObjectTable objects, RollingChecksum state) {
    this.ids = ids;
    this.pages = pages;
    this.objects = objects;
    this.state = state;
  }

  /** An independent index of the same content; shares memory until one of the two changes. */
  public BlockIndex copy() {
    return new BlockIndex(ids.clone(), pages.copy(), objects.copy(), state.copy());
  }

  /** Whether the block is in use. */
  public boolean contains(int blockId) {
    return ids.contains(blockId);
  }

  /** How many blocks are in use. */
  public int cardinality() {
    return ids.getCardinality();
  }

  /** The ids of the blocks in use, in a new bitmap. */
  public RoaringBitmap ids() {
    return ids.clone();
  }

  /** Those of some ids that are not in use, in a new bitmap. */
  RoaringBitmap lost(RoaringBitmap before) {
    return RoaringBitmap.andNot(before, ids);
  }

  /** How many of some ids are not in use. */
  long countLost(RoaringBitmap before) {
    return RoaringBitmap.andNotCardinality(before, ids);
  }

  /** The ids in use that some ids lack, in a new bitmap. */
  RoaringBitmap gained(RoaringBitmap before) {
    return RoaringBitmap.andNot(ids, before);
  }

  /**
   * The hash of a block.
   *
   * @throws NoSuchElementException if it is not in use
   */
  public BlockHash hash(int blockId) {
    require(blockId);
    return new BlockHash(pages.hashHigh(blockId), pages.hashLow(blockId));
  }

  /** Whether the block is in use and has this hash. */
  public boolean hashEquals(int blockId, BlockHash hash) {
    return ids.contains(blockId)
        && pages.hashHigh(blockId) == hash.high()
        && pages.hashLow(blockId) == hash.low();
  }

  /** The blocks of this index that another one does not have, or with another hash. */
  public RoaringBitmap changedFrom(BlockIndex other) {
    RoaringBitmap changed = RoaringBitmap.andNot(ids, other.ids);
    RoaringBitmap.and(ids, other.ids)
        .forEach(
            (int blockId) -> {
              if (!pages.sharesPage(blockId, other.pages)
                  && (pages.hashHigh(blockId) != other.pages.hashHigh(blockId)
                      || pages.hashLow(blockId) != other.pages.hashLow(blockId))) {
                changed.add(blockId);
              }
            });
    return changed;
  }

  /**
   * Where the bytes of a block are.
   *
   * @throws NoSuchElementException if it is not in use
   */
  public ObjectSlice locate(int blockId) {
    require(blockId);
    int lengthAndFlags = pages.lengthAndFlags(blockId);
    return new ObjectSlice(
        objects.key(pages.object(blockId)),
        Integer.toUnsignedLong(pages.offset(blockId)),
        BlockRecord.storedLength(lengthAndFlags),
        pages.crc32c(blockId),
        BlockRecord.compressed(lengthAndFlags));
  }

  /** The blocks in use that lie in some objects, by the keys of these, in new bitmaps. */
  public Map<String, RoaringBitmap> blocksIn(Set<String> objectKeys) {
    Map<String, RoaringBitmap> blocks = new HashMap<>();
    @Nullable RoaringBitmap[] byNumber = new @Nullable RoaringBitmap[objects.bound()];
    for (int i = 0; i < byNumber.length; i++) {
      if (objects.contains(i) && objectKeys.contains(objects.key(i))) {
        byNumber[i] = blocks.computeIfAbsent(objects.key(i), key -> new RoaringBitmap());
      }
    }
    ids.forEach(
        (int blockId) -> {
          RoaringBitmap inObject = byNumber[pages.object(blockId)];
          if (inObject != null) {
            inObject.add(blockId);
          }
        });
    return blocks;
  }

  /**
   * Whether DuckDB's own checksum does not hold in a block.
   *
   * @throws NoSuchElementException if it is not in use
   */
  public boolean checksumInvalid(int blockId) {
    require(blockId);
    return BlockRecord.checksumInvalid(pages.lengthAndFlags(blockId));
  }

  /**
   * The checksum of all ids and hashes: the sum modulo 2^256 of SHA-256(id as u64 LE · hash), read
   * as little-endian numbers. The places of the bytes are not in it.
   */
  public Digest state() {
    return state.value();
  }

  /**
   * What {@link #state()} would be after a change, without making it.
   *
   * @param changed blocks that get a new hash, each id at most once
   * @param freed blocks that go; those that are not in use are ignored
   */
  public Digest stateAfter(Iterable<StoredBlock> changed, RoaringBitmap freed) {
    RollingChecksum after = state.copy();
    freed.forEach(
        (int blockId) -> {
          if (ids.contains(blockId)) {
            after.remove(blockId, pages.hashHigh(blockId), pages.hashLow(blockId));
          }
        });
    for (StoredBlock block : changed) {
      int blockId = block.blockId();
      if (ids.contains(blockId) && !freed.contains(blockId)) {
        after.remove(blockId, pages.hashHigh(blockId), pages.hashLow(blockId));
      }
      after.add(blockId, block.hash().high(), block.hash().low());
    }
    return after.value();
  }

  /** The checksum of an index that consists of just these blocks, as a BASE's state is. */
  public static Digest stateOf(Iterable<StoredBlock> blocks) {
    return new BlockIndex().stateAfter(blocks, new RoaringBitmap());
  }

  /**
   * Applies a changeset; a BASE replaces everything. Leaves the index as it is if it throws.
   *
   * @throws CorruptDataException if ids are freed that are not in use, a block lies beyond the
   *     block count, or the checksum afterwards is not what the changeset says
   */
  public void apply(DecodedChangeset decoded) {
    apply(decoded, new RoaringBitmap(), new RoaringBitmap());
  }

  /**
   * As the other method.
   *
   * @param maybeGone ids that may be freed though they are not in use
   * @param gone ids that leave the index, too, though the changeset does not free them
   */
  void apply(DecodedChangeset decoded, RoaringBitmap maybeGone, RoaringBitmap gone) {
    Changeset changeset = decoded.changeset();
    BlockIndex target = target(changeset);
    RoaringBitmap freed = RoaringBitmap.or(changeset.freed(), gone);
    target.check(changeset, freed, RoaringBitmap.or(maybeGone, gone));
    RoaringBitmap.and(freed, target.ids).forEach((int blockId) -> target.remove(blockId));
    target.pages.truncate(changeset.identity().blockCount());
    for (StoredBlock block : changeset.blocks()) {
      target.put(
          block.blockId(),
          block.hash(),
          decoded.objectKey(block.object()),
          (int) decoded.objectOffset(block.object(), block.offset()),
          BlockRecord.lengthAndFlags(block),
          block.crc32c());
    }
    if (target != this) {
      ids = target.ids;
      pages = target.pages;
      objects = target.objects;
      state = target.state;
    }
  }

  /** Throws unless the changeset could be applied; changes nothing. */
  void requireApplicable(Changeset changeset, RoaringBitmap maybeGone) {
    target(changeset).check(changeset, changeset.freed(), maybeGone);
  }

  private BlockIndex target(Changeset changeset) {
    return changeset.kind() == ChangesetKind.BASE ? new BlockIndex() : this;
  }

  /** Adds or replaces a block. The offset is an unsigned number. */
  void put(
      int blockId, BlockHash hash, String objectKey, int offset, int lengthAndFlags, int crc32c) {
    int object = objects.retain(objectKey);
    if (ids.contains(blockId)) {
      state.remove(blockId, pages.hashHigh(blockId), pages.hashLow(blockId));
      objects.release(pages.object(blockId));
    }
    pages.set(blockId, hash, object, offset, lengthAndFlags, crc32c);
    ids.add(blockId);
    state.add(blockId, hash.high(), hash.low());
  }

  /** What {@link BlockRecord} holds of a block, its object by the number in {@link #objects()}. */
  void write(int blockId, int object, Output out) {
    BlockRecord.write(
        out,
        hash(blockId),
        object,
        pages.offset(blockId),
        pages.lengthAndFlags(blockId),
        pages.crc32c(blockId));
  }

  int objectOf(int blockId) {
    return pages.object(blockId);
  }

  /** Where in its object a block's stored bytes begin. */
  long offsetOf(int blockId) {
    return Integer.toUnsignedLong(pages.offset(blockId));
  }

  int storedLengthOf(int blockId) {
    return BlockRecord.storedLength(pages.lengthAndFlags(blockId));
  }

  ObjectTable objects() {
    return objects;
  }

  private void remove(int blockId) {
    ids.remove(blockId);
    state.remove(blockId, pages.hashHigh(blockId), pages.hashLow(blockId));
    objects.release(pages.object(blockId));
  }

  private void check(Changeset changeset, RoaringBitmap freed, RoaringBitmap maybeGone) {
    RoaringBitmap strange = RoaringBitmap.andNot(freed, ids);
    strange.andNot(maybeGone);
    if (!strange.isEmpty()) {
      throw new CorruptDataException(
          changeset.key() + " frees block " + strange.first() + ", which is not in use before it");
    }
    RoaringBitmap beyond = ids.clone();
    beyond.remove(0L, changeset.identity().blockCount());
    beyond.andNot(freed);
    if (!beyond.isEmpty()) {
      throw new CorruptDataException(
          changeset.key()
              + " has a block count of "
              + changeset.identity().blockCount()
              + ", but does not free block "
              + beyond.first());
    }
    Digest found = stateAfter(changeset.blocks(), freed);
    if (!found.equals(changeset.state())) {
      throw new CorruptDataException(
          changeset.key()
              + " (seq "
              + changeset.seq()
              + "): expected the block index to have state "
              + changeset.state()
              + " after it, found "
              + found);
    }
  }

  private void require(int blockId) {
    if (!ids.contains(blockId)) {
      throw new NoSuchElementException("block " + blockId + " is not in the index");
    }
  }
}
