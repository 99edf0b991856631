package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/** What must hold between a changeset and the ones before it. */
final class ChainRules {
  private ChainRules() {}

  /** Throws unless {@code next} may follow {@code before}, its parent. */
  static void check(ChainEnd before, Changeset next) {
    expect(next, "seq", before.position().seq() + 1, next.seq());
    expect(next, "parent digest", before.position().digest(), next.parent());
    expect(next, "anchor", before.anchor(), next.anchor());
    expect(next, "lineage", before.lineage(), next.lineage());
    long epoch = before.epoch() + (next.kind() == ChangesetKind.EPOCH ? 1 : 0);
    expect(next, "epoch", epoch, next.epoch());
    checkTime(before, next, "its parent");
    checkIdentity(before.identity(), next);
    checkSegments(next);
    if (next.isSelfContained()) {
      checkComplete(before, next);
    }
    if (next.isSelfContained() && next.kind() != ChangesetKind.BASE) {
      expect(next, "database path", before.databasePath(), next.databasePath());
    }
    WalSection wal = next.wal();
    if (wal != null && !wal.selfContained()) {
      expect(next, "roll-up", before.rollUp(), wal.rollUp());
    }
  }

  /** Throws unless {@code next} may be applied to its anchor, or later, with others in between. */
  static void checkAnchored(ChainEnd before, Changeset next) {
    if (!next.isSelfContained()) {
      throw broken(next, "expected one that is self-contained, to go on from seq " + next.anchor());
    }
    expect(next, "anchor", before.anchor(), next.anchor());
    expect(next, "lineage", before.lineage(), next.lineage());
    long between = next.seq() - before.position().seq() - 1;
    if (next.epoch() < before.epoch() || next.epoch() - before.epoch() > between) {
      throw broken(
          next,
          "expected an epoch from "
              + before.epoch()
              + " on, at most "
              + between
              + " more, found "
              + next.epoch());
    }
    checkTime(before, next, "what is read before it");
    checkIdentity(before.identity(), next);
    checkSegments(next);
  }

  /** Whoever deletes segments relies on it that an old one is not named for the first time. */
  private static void checkSegments(Changeset next) {
    for (SegmentRef segment : next.segments()) {
      if (segment.seq() <= next.anchor().seq()) {
        throw broken(
            next,
            "expected segments written after its anchor, seq "
                + next.anchor().seq()
                + ", found "
                + segment.key());
      }
    }
  }

  private static void checkTime(ChainEnd before, Changeset next, String what) {
    if (next.timeMicros() <= before.timeMicros()) {
      throw broken(
          next,
          "expected a time after that of "
              + what
              + ", "
              + before.timeMicros()
              + ", found "
              + next.timeMicros());
    }
  }

  /** What came and went since the anchor must be in {@code next} too, or skipping would miss it. */
  private static void checkComplete(ChainEnd before, Changeset next) {
    if (next.kind() == ChangesetKind.BASE) {
      return;
    }
    RoaringBitmap listed = new RoaringBitmap();
    next.blocks().forEach(block -> listed.add(block.blockId()));
    listed.or(next.freed());
    RoaringBitmap missing = before.changedSinceAnchor();
    missing.or(before.freedSinceAnchor());
    missing.andNot(listed);
    if (!missing.isEmpty()) {
      throw broken(
          next,
          "expected block "
              + missing.first()
              + " to be listed or freed again, since it changed after the anchor");
    }
  }

  private static void checkIdentity(DatabaseIdentity before, Changeset next) {
    DatabaseIdentity after = next.identity();
    switch (next.kind()) {
      case BASE -> {}
      case CHECKPOINT -> expect(next, "block size", before.blockSize(), after.blockSize());
      case EPOCH -> expect(next, "identity", before, after);
      case WAL -> {
        DatabaseIdentity expected =
            new DatabaseIdentity(
                before.identifier(),
                before.storageVersion(),
                before.blockSize(),
                before.iteration(),
                Math.max(before.blockCount(), after.blockCount()));
        expect(next, "identity", expected, after);
      }
    }
  }

  private static void expect(
      Changeset next, String what, @Nullable Object expected, @Nullable Object found) {
    if (!Objects.equals(expected, found)) {
      throw broken(next, "expected " + what + " " + expected + ", found " + found);
    }
  }

  private static CorruptDataException broken(Changeset next, String problem) {
    return new CorruptDataException(
        next.key()
            + " (seq "
            + next.seq()
            + ", "
            + next.kind()
            + ") does not follow what is before it: "
            + problem
            + "; the log is damaged from there on, restore to a seq below");
  }
}
