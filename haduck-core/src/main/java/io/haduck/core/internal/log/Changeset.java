package io.haduck.core.internal.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * One atomic commit of the log: everything but the data itself. Immutable; the lists are copied,
 * the bitmap must not change any more.
 *
 * <p>The constructor throws {@link IllegalArgumentException} unless kind, sections and numbers fit
 * each other; {@link ChangesetCodec} adds what depends on the inline data, {@link LogState} what
 * depends on the changesets before.
 *
 * @param seq place in the log, from 1
 * @param epoch counts the writers, from 1
 * @param nonce of the writer, random
 * @param lineage of the database, random, the same in the whole log
 * @param parent digest of the changeset {@code seq - 1}; {@link Digest#ZERO} for seq 1
 * @param anchor the last BASE or CHECKPOINT before this one; {@link LogPosition#START} for seq 1
 * @param timeMicros the writer's microseconds since 1970, later than the parent's
 * @param kind what it does
 * @param identity of the database after it
 * @param headers present exactly for {@code BASE} and {@code CHECKPOINT}
 * @param segments that blocks and WAL pieces point into, by position from 1
 * @param earlier objects of changesets before this one, into which they point too, numbered after
 *     the segments
 * @param blocks all blocks in use for {@code BASE}; all that changed since the anchor for {@code
 *     CHECKPOINT} and a self-contained {@code WAL}; else those that changed since the parent.
 *     Strictly ascending by id
 * @param freed ids that the index loses; none of them among {@code blocks}. For {@code CHECKPOINT}
 *     and a self-contained {@code WAL}, those that the index at the anchor would lose too
 * @param wal present for {@code WAL}, absent for {@code EPOCH}, else if there is anything to say
 * @param state checksum of the whole block index after it, see {@link BlockIndex#state()}
 * @param databasePath the absolute path by which the writer was given the database; null if it is
 *     not known, and in a {@code WAL} that is not self-contained, which leaves it as it is
 */
public record Changeset(
    long seq,
    long epoch,
    UUID nonce,
    UUID lineage,
    Digest parent,
    LogPosition anchor,
    long timeMicros,
    ChangesetKind kind,
    DatabaseIdentity identity,
    @Nullable HeaderBytes headers,
    List<SegmentRef> segments,
    List<EarlierObject> earlier,
    List<StoredBlock> blocks,
    RoaringBitmap freed,
    @Nullable WalSection wal,
    Digest state,
    @Nullable String databasePath) {
  private static final long MAX_OBJECT_LENGTH = 0xffff_ffffL;

  /** See above. */
  public Changeset {
    segments = List.copyOf(segments);
    earlier = List.copyOf(earlier);
    blocks = List.copyOf(blocks);
    checkChain(seq, epoch, parent, anchor, timeMicros, kind);
    require((headers != null) == kind.hasHeaders(), () -> "headers in a " + kind);
    require(wal != null || kind != ChangesetKind.WAL, () -> "no WAL section in a WAL");
    if (kind == ChangesetKind.EPOCH) {
      require(
          wal == null
              && segments.isEmpty()
              && earlier.isEmpty()
              && blocks.isEmpty()
              && freed.isEmpty(),
          () -> "sections in an EPOCH, which has only a path");
    }
    require(kind != ChangesetKind.BASE || freed.isEmpty(), () -> "ids freed in a BASE");
    checkObjects(seq, segments, earlier);
    checkBlocks(identity, segments, earlier, blocks, freed);
    if (databasePath != null) {
      require(
          kind != ChangesetKind.WAL || (wal != null && wal.selfContained()),
          () -> "a path in a WAL that is not self-contained");
      DatabasePathText.check(databasePath);
    }
    if (wal != null) {
      checkWal(seq, parent, anchor, kind, identity, wal);
      for (WalPiece piece : wal.pieces()) {
        checkPlace(segments, earlier, piece.object(), piece.offset(), piece.storedLength());
      }
    }
  }

  /**
   * Whether it can be applied to the state at its anchor as well as to that of its parent: a BASE,
   * a CHECKPOINT, or a WAL changeset that says so.
   */
  public boolean isSelfContained() {
    return kind.hasHeaders() || (wal != null && wal.selfContained());
  }

  /** The writer's time. */
  public Instant time() {
    return LogTime.toInstant(timeMicros);
  }

  /** Its key in the store. */
  public String key() {
    return LogKeys.changeset(seq);
  }

  /** The keys of the objects beside its own that it points into. */
  public List<String> objectKeys() {
    List<String> keys = new ArrayList<>(segments.size() + earlier.size());
    segments.forEach(segment -> keys.add(segment.key()));
    earlier.forEach(object -> keys.add(object.key()));
    return keys;
  }

  private static void checkChain(
      long seq,
      long epoch,
      Digest parent,
      LogPosition anchor,
      long timeMicros,
      ChangesetKind kind) {
    require(seq >= 1 && epoch >= 1, () -> "seq " + seq + ", epoch " + epoch);
    require(timeMicros >= 0 && timeMicros < 1L << 60, () -> "time " + timeMicros);
    require(
        (seq == 1) == parent.equals(Digest.ZERO) && (seq == 1) == (anchor.seq() == 0),
        () -> "seq " + seq + " with parent digest " + parent + " and anchor " + anchor);
    require(anchor.seq() < seq, () -> "anchor " + anchor + " is not before seq " + seq);
    require(seq != 1 || kind == ChangesetKind.BASE, () -> "a log begins with a BASE, not " + kind);
    require(
        anchor.seq() != seq - 1 || anchor.digest().equals(parent),
        () -> "anchor " + anchor + " is the parent, whose digest is " + parent);
  }

  private static void checkObjects(
      long seq, List<SegmentRef> segments, List<EarlierObject> earlier) {
    Set<EarlierObject> seen = new HashSet<>();
    for (SegmentRef segment : segments) {
      require(
          segment.seq() <= seq, () -> segment.key() + " was written for a later seq than " + seq);
      require(
          seen.add(EarlierObject.segment(segment.seq(), segment.nonce(), segment.number())),
          () -> segment.key() + " is listed twice");
    }
    for (EarlierObject object : earlier) {
      require(object.seq() < seq, () -> object.key() + " is not earlier than seq " + seq);
      require(seen.add(object), () -> object.key() + " is listed twice");
    }
  }

  private static void checkBlocks(
      DatabaseIdentity identity,
      List<SegmentRef> segments,
      List<EarlierObject> earlier,
      List<StoredBlock> blocks,
      RoaringBitmap freed) {
    int previous = -1;
    for (StoredBlock block : blocks) {
      int id = block.blockId();
      int before = previous;
      require(
          id > before && id < identity.blockCount(),
          () -> "block " + id + " after " + before + ", count " + identity.blockCount());
      require(!freed.contains(id), () -> "block " + id + " is both changed and freed");
      require(
          block.fits(identity.blockSize()),
          () ->
              "block "
                  + id
                  + " of "
                  + identity.blockSize()
                  + " bytes is stored in "
                  + block.storedLength());
      previous = id;
      checkPlace(segments, earlier, block.object(), block.offset(), block.storedLength());
    }
  }

  private static void checkWal(
      long seq,
      Digest parent,
      LogPosition anchor,
      ChangesetKind kind,
      DatabaseIdentity identity,
      WalSection wal) {
    require(
        wal.iteration() == identity.iteration(),
        () -> "WAL of iteration " + wal.iteration() + " at iteration " + identity.iteration());
    require(
        kind == ChangesetKind.WAL || wal.selfContained(),
        () -> "WAL that continues at " + wal.continueAt() + " in a " + kind);
    LogPosition rollUp = wal.rollUp();
    require(
        rollUp.seq() == 0 || (rollUp.seq() > anchor.seq() && rollUp.seq() < seq),
        () -> "roll-up " + rollUp + " is not between anchor " + anchor + " and seq " + seq);
    require(
        rollUp.seq() != seq - 1 || rollUp.digest().equals(parent),
        () -> "roll-up " + rollUp + " is the parent, whose digest is " + parent);
  }

  private static void checkPlace(
      List<SegmentRef> segments,
      List<EarlierObject> earlier,
      int object,
      long offset,
      int storedLength) {
    int count = segments.size() + earlier.size();
    require(object <= count, () -> "object " + object + " of " + count);
    if (object == 0) {
      return; // ChangesetCodec knows how much inline data there is
    }
    long begin;
    long end;
    if (object <= segments.size()) {
      begin = ObjectLayout.SEGMENT_HEADER_LENGTH;
      end = segments.get(object - 1).length() - Digest.LENGTH;
    } else {
      begin = earlier.get(object - segments.size() - 1).dataBegin();
      end = MAX_OBJECT_LENGTH - Digest.LENGTH;
    }
    require(
        offset >= begin && offset + storedLength <= end,
        () ->
            storedLength
                + " bytes at offset "
                + offset
                + " of object "
                + object
                + ", whose data lies between "
                + begin
                + " and "
                + end);
  }

  /** The problem is put into words only where there is one: this is asked at every commit. */
  private static void require(boolean holds, Supplier<String> problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem.get());
    }
  }
}
