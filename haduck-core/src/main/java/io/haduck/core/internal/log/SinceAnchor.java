package io.haduck.core.internal.log;

import org.roaringbitmap.RoaringBitmap;

/**
 * What a state remembers of the changesets since its anchor. The bitmaps are never changed, so that
 * states share them.
 *
 * @param anchorIds the ids of the index at the anchor
 * @param changed what changesets since the anchor listed and is in use
 * @param rollUp the last self-contained {@code WAL} changeset among them; {@link LogPosition#START}
 *     if there is none
 * @param walChangesets how many {@code WAL} changesets came since the roll-up, or else the anchor
 * @param walBytes how many bytes of the WAL's stream these brought
 */
record SinceAnchor(
    RoaringBitmap anchorIds,
    RoaringBitmap changed,
    LogPosition rollUp,
    long walChangesets,
    long walBytes) {
  /** At an anchor whose index has these ids. */
  static SinceAnchor none(RoaringBitmap anchorIds) {
    return new SinceAnchor(anchorIds, new RoaringBitmap(), LogPosition.START, 0, 0);
  }

  /** After one more changeset that led to an index. */
  SinceAnchor after(DecodedChangeset next, BlockIndex index) {
    Changeset changeset = next.changeset();
    if (changeset.kind().hasHeaders()) {
      return none(index.ids());
    }
    if (changeset.isSelfContained()) {
      return new SinceAnchor(anchorIds, idsOf(changeset), next.position(), 0, 0);
    }
    if (changeset.kind() != ChangesetKind.WAL) {
      return this;
    }
    RoaringBitmap changedNow = RoaringBitmap.or(changed, idsOf(changeset));
    changedNow.andNot(changeset.freed());
    WalSection wal = changeset.wal();
    long bytes = wal == null ? 0 : wal.length();
    return new SinceAnchor(anchorIds, changedNow, rollUp, walChangesets + 1, walBytes + bytes);
  }

  /** The ids of the blocks that a changeset lists, in a new bitmap. */
  static RoaringBitmap idsOf(Changeset changeset) {
    RoaringBitmap ids = new RoaringBitmap();
    changeset.blocks().forEach(block -> ids.add(block.blockId()));
    return ids;
  }
}
