package io.haduck.core.internal.capture;

import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.ChangesetObjects;
import io.haduck.core.internal.log.DatabaseIdentity;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalSection;
import io.haduck.core.internal.watch.Observation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Makes a changeset of what a capture found, to follow a state of the log. For one use by one
 * thread.
 */
final class ChangesetDraft {
  private final UUID nonce;
  private final Instant now;
  private final Observation seen;
  private final Capture.Captured captured;
  private final ChangesetObjects objects = new ChangesetObjects();

  /**
   * A draft.
   *
   * @param nonce of the writer
   */
  ChangesetDraft(UUID nonce, Instant now, Observation seen, Capture.Captured captured) {
    this.nonce = nonce;
    this.now = now;
    this.seen = seen;
    this.captured = captured;
  }

  /**
   * The first changeset of a log: all blocks in use, and the commits that follow.
   *
   * @param databasePath absolute, as the user wrote it
   */
  Changeset base(UUID lineage, String databasePath) {
    List<StoredBlock> blocks = newBlocks();
    List<WalPiece> pieces = newPieces();
    return new Changeset(
        1,
        1,
        nonce,
        lineage,
        Digest.ZERO,
        LogPosition.START,
        now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000,
        ChangesetKind.BASE,
        identity(),
        headers(),
        objects.segments(),
        objects.earlier(),
        blocks,
        captured.freed(),
        wholeWal(pieces),
        BlockIndex.stateOf(blocks),
        databasePath);
  }

  /** What follows a state: a checkpoint, or commits, and with them a roll-up that is done. */
  Changeset next(LogState head, Capture.Wanted wanted, RollUp rollUp) {
    if (wanted.checkpoint()) {
      return checkpoint(head);
    }
    Optional<RollUp.Done> rolledUp = rollUp.take(head, seen.wal().rewinds());
    return rolledUp.isPresent() && wanted.walFrom() == ShippedWal.length(head, seen)
        ? selfContainedWal(head, rolledUp.get())
        : wal(head, wanted.walFrom());
  }

  /** What a checkpoint changed since the last one that the log has, and the commits that follow. */
  private Changeset checkpoint(LogState head) {
    List<StoredBlock> news = newBlocks();
    List<WalPiece> pieces = newPieces();
    List<StoredBlock> blocks = objects.blocks(head, news, captured.freed());
    return following(
        head, ChangesetKind.CHECKPOINT, identity(head), headers(), blocks, wholeWal(pieces));
  }

  /** Commits that were added since the last changeset. */
  private Changeset wal(LogState head, long continueAt) {
    List<StoredBlock> blocks = newBlocks();
    return following(
        head,
        ChangesetKind.WAL,
        walIdentity(head),
        null,
        blocks,
        WalSection.continued(seen.iteration(), continueAt, head.rollUp(), newPieces()));
  }

  /**
   * Commits that were added since the last changeset, and once more, by reference, all before them:
   * readers get from the last checkpoint to this one at once.
   *
   * @param rolledUp pieces of segments that hold the first bytes of the stream; whole runs follow
   */
  private Changeset selfContainedWal(LogState head, RollUp.Done rolledUp) {
    List<StoredBlock> news = newBlocks();
    List<WalPiece> added = newPieces();
    objects.segment(rolledUp.segment());
    List<WalPiece> pieces = new ArrayList<>();
    boolean rolled = false;
    for (WalRun run : head.wal().runs()) {
      if (run.streamOffset() < rolledUp.from() || run.streamOffset() >= rolledUp.to()) {
        pieces.add(objects.wal(run));
      } else if (!rolled) {
        rolled = true;
        rolledUp.runs().forEach(again -> pieces.add(objects.wal(again)));
      }
    }
    pieces.addAll(added);
    List<StoredBlock> blocks = objects.blocks(head, news, captured.freed());
    return following(
        head,
        ChangesetKind.WAL,
        walIdentity(head),
        null,
        blocks,
        WalSection.whole(seen.iteration(), pieces));
  }

  private Changeset following(
      LogState head,
      ChangesetKind kind,
      DatabaseIdentity identity,
      @Nullable HeaderBytes headers,
      List<StoredBlock> blocks,
      @Nullable WalSection wal) {
    return new Changeset(
        head.position().seq() + 1,
        head.epoch(),
        nonce,
        head.lineage(),
        head.position().digest(),
        head.anchor(),
        head.nextTimeMicros(now),
        kind,
        identity,
        headers,
        objects.segments(),
        objects.earlier(),
        blocks,
        captured.freed(),
        wal,
        head.index().stateAfter(blocks, captured.freed()),
        kind.hasHeaders() || (wal != null && wal.selfContained()) ? head.databasePath() : null);
  }

  private HeaderBytes headers() {
    return HeaderImages.of(seen.headers());
  }

  private DatabaseIdentity identity() {
    DatabaseIdentity ofHeader = HeaderImages.identity(seen.headers());
    return withBlockCount(ofHeader, captured.blockCount(ofHeader.blockCount()));
  }

  /**
   * Blocks behind the header's count may be in the log already: those of a bulk insert that was
   * committed, and sent, while the checkpoint ran.
   */
  private DatabaseIdentity identity(LogState head) {
    DatabaseIdentity identity = identity();
    RoaringBitmap kept = RoaringBitmap.andNot(head.index().ids(), captured.freed());
    return kept.isEmpty()
        ? identity
        : withBlockCount(identity, Math.max(identity.blockCount(), kept.last() + 1L));
  }

  private DatabaseIdentity walIdentity(LogState head) {
    return withBlockCount(head.identity(), captured.blockCount(head.identity().blockCount()));
  }

  private static DatabaseIdentity withBlockCount(DatabaseIdentity identity, long blockCount) {
    return new DatabaseIdentity(
        identity.identifier(),
        identity.storageVersion(),
        identity.blockSize(),
        identity.iteration(),
        blockCount);
  }

  private @Nullable WalSection wholeWal(List<WalPiece> pieces) {
    return pieces.isEmpty() ? null : WalSection.whole(seen.iteration(), pieces);
  }

  private List<StoredBlock> newBlocks() {
    List<StoredBlock> blocks = new ArrayList<>(captured.blocks().size());
    for (Map.Entry<Integer, BlockScan.Found> entry : captured.blocks().entrySet()) {
      SegmentUploader.Placed placed = entry.getValue().placed();
      blocks.add(
          new StoredBlock(
              entry.getKey(),
              entry.getValue().hash(),
              number(placed),
              placed.offsetInObject(),
              placed.length(),
              placed.crc32c(),
              placed.compressed(),
              placed.checksumInvalid()));
    }
    return blocks;
  }

  private List<WalPiece> newPieces() {
    List<WalPiece> pieces = new ArrayList<>(captured.wal().size());
    for (Capture.CapturedWal wal : captured.wal()) {
      SegmentUploader.Placed placed = wal.placed();
      pieces.add(
          new WalPiece(
              number(placed),
              placed.offsetInObject(),
              placed.length(),
              wal.length(),
              placed.crc32c(),
              placed.compressed(),
              wal.sha256()));
    }
    return pieces;
  }

  private int number(SegmentUploader.Placed placed) {
    SegmentRef segment = placed.batch().segment();
    return segment == null ? 0 : objects.segment(segment);
  }
}
