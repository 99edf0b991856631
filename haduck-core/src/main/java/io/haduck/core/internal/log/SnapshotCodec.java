package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.StoredObject;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * The binary form of a snapshot, byte by byte in docs/internals/format.md. The same state is always
 * encoded to the same bytes, however it was reached. Decoding takes memory only in proportion to
 * the bytes that are there, and never holds them all.
 */
final class SnapshotCodec {
  /** As many blocks are read at a time: 256 KiB. */
  private static final int BLOCKS = 8192;

  private SnapshotCodec() {}

  /** About how long the snapshot of a state will be, in bytes; not below the truth. */
  static long estimateLength(LogState state) {
    BlockIndex index = state.index();
    List<WalRun> runs = state.wal().runs();
    SinceAnchor since = state.sinceAnchor();
    long bound = state.identity().blockCount();
    long objects = (long) index.objects().bound() + runs.size();
    return SnapshotHead.FIXED_LENGTH
        + SnapshotHead.MAX_OBJECT_LENGTH * objects
        + Digest.LENGTH
        + HeaderBytes.LENGTH
        + 4
        + DatabasePathText.MAX_LENGTH
        + (long) BlockRecord.LENGTH * index.cardinality()
        + lengthOfIds(index.cardinality(), bound)
        + lengthOfIds(since.changed().getLongCardinality(), bound)
        + lengthOfIds(since.changed().getLongCardinality(), bound) // those of them that are new
        + lengthOfIds(index.countLost(since.anchorIds()), bound)
        + 4
        + (long) SnapshotRuns.LENGTH * runs.size()
        + Digest.LENGTH;
  }

  /** With one bit for each container of 2^16 ids, of which some may be runs. */
  private static long lengthOfIds(long count, long bound) {
    return 8 + RoaringBitmap.maximumSerializedSize(count, bound) + (bound >>> 19) + 16;
  }

  /**
   * Encodes a snapshot. Its bytes are made while they are read: the snapshot's index must not
   * change until then.
   */
  static ObjectBody encode(Snapshot snapshot) {
    return new SnapshotPieces(snapshot).body();
  }

  /** The objects that a snapshot's state needs. */
  static List<LiveObject> objects(Snapshot snapshot) {
    return LiveObjects.of(snapshot.index(), snapshot.wal().runs()).all();
  }

  /**
   * Decodes a snapshot.
   *
   * @param key of the object; its seq must be the snapshot's
   * @param bytes all of the object
   */
  static Snapshot decode(String key, byte[] bytes) {
    return decode(key, SnapshotInput.of(key, bytes));
  }

  /**
   * Decodes a snapshot while it is being read.
   *
   * @param key of the object; its seq must be the snapshot's
   * @param object all of it, from the beginning
   */
  static Snapshot decode(String key, StoredObject object) {
    return decode(key, SnapshotInput.of(key, object));
  }

  private static Snapshot decode(String key, SnapshotInput in) {
    byte[] prefix = in.bytes(new byte[0], SnapshotHead.PREFIX_LENGTH);
    int headLength = SnapshotHead.length(key, prefix);
    SnapshotHead head =
        SnapshotHead.decode(key, in.bytes(prefix, headLength - SnapshotHead.PREFIX_LENGTH));
    if (head.length() != in.length()) {
      throw in.here("the object has " + in.length() + " bytes, expected " + head.length());
    }
    try {
      return readRest(in, head);
    } catch (IllegalArgumentException e) {
      throw in.here(String.valueOf(e.getMessage()), e);
    }
  }

  private static Snapshot readRest(SnapshotInput in, SnapshotHead head) {
    HeaderBytes headers = HeaderBytes.of(in.next(HeaderBytes.LENGTH).bytes(HeaderBytes.LENGTH));
    String path = readPath(in);
    long bound = head.identity().blockCount();
    RoaringBitmap ids = in.ids(bound, Integer.MAX_VALUE, BlockRecord.LENGTH, "block ids");
    BlockIndex index = readBlocks(in, head, ids);
    RoaringBitmap changed = in.ids(bound, ids.getLongCardinality(), 0, "changed ids");
    RoaringBitmap gained = in.ids(bound, changed.getLongCardinality(), 0, "new ids");
    RoaringBitmap lost = in.ids(bound, Integer.MAX_VALUE, 0, "ids that left");
    if (!index.lost(gained).isEmpty() || RoaringBitmap.intersects(ids, lost)) {
      throw in.here("ids that are new are not in use, or ids that left are");
    }
    Input rest = in.next(in.remaining());
    List<WalRun> runs = SnapshotRuns.read(rest, head.objects());
    rest.expectEnd("the runs of WAL");
    in.expectTrailer();
    if (!index.state().equals(head.state())) {
      throw in.here(
          "expected the index to have state " + head.state() + ", found " + index.state());
    }
    if (!LiveObjects.of(index, runs).all().equals(head.objects())) {
      throw in.here("the blocks and the WAL do not lie in the objects of the head");
    }
    RoaringBitmap anchorIds = RoaringBitmap.andNot(ids, gained);
    anchorIds.or(lost);
    return new Snapshot(
        head.position(),
        head.kind(),
        head.epoch(),
        head.nonce(),
        head.lineage(),
        head.anchor(),
        head.timeMicros(),
        head.identity(),
        headers,
        path,
        index,
        new WalStream(head.identity().iteration(), runs),
        new SinceAnchor(anchorIds, changed, head.rollUp(), head.walChangesets(), head.walBytes()));
  }

  private static @Nullable String readPath(SnapshotInput in) {
    int length = in.next(4).i32Between(0, DatabasePathText.MAX_LENGTH, "the length of the path");
    return length == 0 ? null : DatabasePathText.decode(in.next(length));
  }

  private static BlockIndex readBlocks(SnapshotInput in, SnapshotHead head, RoaringBitmap ids) {
    BlockIndex index = new BlockIndex();
    PeekableIntIterator iterator = ids.getIntIterator();
    long left = ids.getLongCardinality();
    while (left > 0) {
      int count = (int) Math.min(left, BLOCKS);
      Input records = in.next((long) count * BlockRecord.LENGTH);
      for (int i = 0; i < count; i++) {
        readBlock(records, iterator.next(), head, index);
      }
      left -= count;
    }
    return index;
  }

  private static void readBlock(Input in, int blockId, SnapshotHead head, BlockIndex index) {
    StoredBlock block = BlockRecord.read(in, blockId);
    if (!block.fits(head.identity().blockSize())) {
      throw in.corrupt("block " + blockId + " has stored length " + block.storedLength());
    }
    if (block.object() >= head.objects().size()) {
      throw in.corrupt(
          "block "
              + blockId
              + " lies in object "
              + block.object()
              + " of "
              + head.objects().size());
    }
    index.put(
        blockId,
        block.hash(),
        head.objects().get(block.object()).key(),
        (int) block.offset(),
        BlockRecord.lengthAndFlags(block),
        block.crc32c());
  }
}
