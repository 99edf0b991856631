package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * What stands in the sections of a changeset: objects, blocks and WAL. See
 * docs/internals/format.md.
 */
final class ChangesetSections {
  private static final int SEGMENT_LENGTH = 68;
  private static final int WAL_PIECE_LENGTH = 52;
  private static final int COMPRESSED = 1 << 31;

  /** Types of earlier objects; a changeset takes 12 bytes, a segment 20 more. */
  private static final int CHANGESET = 1;

  private static final int SEGMENT = 2;
  private static final int CHANGESET_LENGTH = 12;

  private static final int SELF_CONTAINED = 1;

  private ChangesetSections() {}

  static void writeSegments(Output out, List<SegmentRef> segments) {
    out.i32(segments.size());
    for (SegmentRef segment : segments) {
      out.i64(segment.seq())
          .uuid(segment.nonce())
          .i32(segment.number())
          .i64(segment.length())
          .digest(segment.sha256());
    }
  }

  static List<SegmentRef> readSegments(Input in) {
    int count = in.count(SEGMENT_LENGTH, "segments");
    if (count == 0) {
      throw in.corrupt("a section without segments");
    }
    List<SegmentRef> segments = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      segments.add(
          new SegmentRef(
              in.u63("a segment's seq"),
              in.uuid(),
              in.i32Between(0, Integer.MAX_VALUE, "a segment's number"),
              in.u63("a segment's length"),
              in.digest()));
    }
    return segments;
  }

  static void writeEarlier(Output out, List<EarlierObject> objects) {
    out.i32(objects.size());
    objects.forEach(object -> writeObject(out, object));
  }

  /** What the key of an object is made of. */
  static void writeObject(Output out, EarlierObject object) {
    UUID nonce = object.nonce();
    out.i32(nonce == null ? CHANGESET : SEGMENT).i64(object.seq());
    if (nonce != null) {
      out.uuid(nonce).i32(object.number());
    }
  }

  static List<EarlierObject> readEarlier(Input in) {
    int count = in.count(CHANGESET_LENGTH, "earlier objects");
    if (count == 0) {
      throw in.corrupt("a section without earlier objects");
    }
    List<EarlierObject> objects = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      objects.add(readObject(in));
    }
    return objects;
  }

  static EarlierObject readObject(Input in) {
    int type = in.i32Between(CHANGESET, SEGMENT, "an earlier object's type");
    long seq = in.u63("an earlier object's seq");
    return type == CHANGESET
        ? EarlierObject.changeset(seq)
        : EarlierObject.segment(
            seq, in.uuid(), in.i32Between(0, Integer.MAX_VALUE, "a segment's number"));
  }

  static void writeBlocks(Output out, List<StoredBlock> blocks) {
    RoaringBitmap ids = new RoaringBitmap();
    blocks.forEach(block -> ids.add(block.blockId()));
    out.ids(ids);
    for (StoredBlock block : blocks) {
      BlockRecord.write(
          out,
          block.hash(),
          block.object(),
          (int) block.offset(),
          BlockRecord.lengthAndFlags(block),
          block.crc32c());
    }
  }

  static List<StoredBlock> readBlocks(Input in, DatabaseIdentity identity) {
    RoaringBitmap ids = BlockIds.decode(in, identity.blockCount(), BlockRecord.LENGTH, "block ids");
    if (ids.isEmpty()) {
      throw in.corrupt("a section without blocks");
    }
    List<StoredBlock> blocks = new ArrayList<>(ids.getCardinality());
    PeekableIntIterator iterator = ids.getIntIterator();
    while (iterator.hasNext()) {
      blocks.add(BlockRecord.read(in, iterator.next()));
    }
    return blocks;
  }

  static void writeWal(Output out, WalSection wal) {
    out.i64(wal.iteration())
        .i64(wal.continueAt())
        .i32(wal.selfContained() ? SELF_CONTAINED : 0)
        .i64(wal.rollUp().seq())
        .digest(wal.rollUp().digest());
    writeWalPieces(out, wal.pieces());
  }

  static WalSection readWal(Input in) {
    return new WalSection(
        in.u63("the WAL's iteration"),
        in.u63("the WAL's offset"),
        in.i32Between(0, SELF_CONTAINED, "the WAL's flags") == SELF_CONTAINED,
        new LogPosition(in.u63("the roll-up's seq"), in.digest()),
        readWalPieces(in));
  }

  private static void writeWalPieces(Output out, List<WalPiece> pieces) {
    out.i32(pieces.size());
    for (WalPiece piece : pieces) {
      out.i32(piece.object())
          .i32((int) piece.offset())
          .i32(piece.storedLength() | (piece.compressed() ? COMPRESSED : 0))
          .i32(piece.length())
          .i32(piece.crc32c())
          .digest(piece.sha256());
    }
  }

  private static List<WalPiece> readWalPieces(Input in) {
    int count = in.count(WAL_PIECE_LENGTH, "WAL pieces");
    List<WalPiece> pieces = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int object = in.i32Between(0, Integer.MAX_VALUE, "a WAL piece's object");
      long offset = in.u32();
      int lengthAndFlag = in.i32();
      pieces.add(
          new WalPiece(
              object,
              offset,
              lengthAndFlag & ~COMPRESSED,
              in.i32Between(1, WalPiece.MAX_LENGTH, "a WAL piece's length"),
              in.i32(),
              (lengthAndFlag & COMPRESSED) != 0,
              in.digest()));
    }
    return pieces;
  }
}
