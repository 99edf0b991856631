package io.haduck.core.internal.log;

import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Everything that a {@link LogState} has, as of any changeset: a reader goes on from there as if it
 * had read the log up to it. Carries no data.
 *
 * <p>The constructor throws {@link IllegalArgumentException} unless the values fit each other;
 * {@link #difference} adds what depends on the changeset.
 *
 * @param position of the changeset
 * @param kind of the changeset
 * @param epoch of the changeset
 * @param nonce of the changeset's writer
 * @param lineage of the log
 * @param anchor what the next changeset has as its anchor
 * @param timeMicros of the changeset
 * @param identity of the database
 * @param headers of the database
 * @param databasePath as {@link LogState#databasePath()}
 * @param index belongs to the snapshot
 * @param wal of the identity's iteration
 * @param sinceAnchor what came since the anchor
 */
public record Snapshot(
    LogPosition position,
    ChangesetKind kind,
    long epoch,
    UUID nonce,
    UUID lineage,
    LogPosition anchor,
    long timeMicros,
    DatabaseIdentity identity,
    HeaderBytes headers,
    @Nullable String databasePath,
    BlockIndex index,
    WalStream wal,
    SinceAnchor sinceAnchor) {
  /** See above. */
  public Snapshot {
    long seq = position.seq();
    require(seq >= 1 && epoch >= 1, "seq " + seq + ", epoch " + epoch);
    require(timeMicros >= 0 && timeMicros < 1L << 60, "time " + timeMicros);
    require(wal.iteration() == identity.iteration(), "WAL of iteration " + wal.iteration());
    if (kind.hasHeaders()) {
      require(anchor.equals(position), "anchor " + anchor + " after a " + kind);
      require(
          sinceAnchor.equals(SinceAnchor.none(index.ids())),
          "after a " + kind + " nothing came since the anchor");
    } else {
      require(
          anchor.seq() >= 1 && anchor.seq() < seq, "anchor " + anchor + " is not before " + seq);
      checkRollUp(position, kind, anchor, sinceAnchor);
    }
    RoaringBitmap changed = sinceAnchor.changed();
    require(index.lost(changed).isEmpty(), "blocks that changed are not in use");
    RoaringBitmap gained = index.gained(sinceAnchor.anchorIds());
    gained.andNot(changed);
    require(gained.isEmpty(), "blocks that are new since the anchor are not listed as changed");
    if (databasePath != null) {
      DatabasePathText.check(databasePath);
    }
  }

  private static void checkRollUp(
      LogPosition position, ChangesetKind kind, LogPosition anchor, SinceAnchor since) {
    LogPosition rollUp = since.rollUp();
    long last = kind == ChangesetKind.EPOCH ? position.seq() - 1 : position.seq();
    require(
        rollUp.seq() == 0 || (rollUp.seq() > anchor.seq() && rollUp.seq() <= last),
        "roll-up " + rollUp + " after " + position + " with anchor " + anchor);
    require(
        rollUp.seq() != position.seq() || rollUp.equals(position),
        "roll-up " + rollUp + " at " + position);
    long from = Math.max(anchor.seq(), rollUp.seq());
    require(
        since.walChangesets() >= 0
            && since.walChangesets() <= last - from
            && since.walBytes() >= 0
            && (since.walChangesets() > 0 || since.walBytes() == 0),
        since.walChangesets()
            + " WAL changesets with "
            + since.walBytes()
            + " bytes between seq "
            + from
            + " and "
            + position.seq());
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /** Its key in the store. */
  public String key() {
    return LogKeys.snapshot(position.seq());
  }

  /** How it disagrees with the changeset that it was made after; null if it does not. */
  @Nullable String difference(DecodedChangeset last) {
    Changeset changeset = last.changeset();
    if (!position.equals(last.position())) {
      return "position " + position + ", not " + last.position();
    }
    if (kind != changeset.kind()
        || epoch != changeset.epoch()
        || !nonce.equals(changeset.nonce())
        || !lineage.equals(changeset.lineage())
        || timeMicros != changeset.timeMicros()
        || !identity.equals(changeset.identity())) {
      return "kind, epoch, nonce, lineage, time or identity differ";
    }
    if (kind.hasHeaders() && !Objects.equals(headers, changeset.headers())) {
      return "headers differ";
    }
    if (!kind.hasHeaders() && !anchor.equals(changeset.anchor())) {
      return "anchor " + anchor + ", not " + changeset.anchor();
    }
    Digest state = index.state();
    if (!state.equals(changeset.state())) {
      return "state " + state + ", not " + changeset.state();
    }
    boolean saysPath = changeset.isSelfContained() || kind == ChangesetKind.EPOCH;
    if (saysPath && !Objects.equals(databasePath, changeset.databasePath())) {
      return "database path " + databasePath + ", not " + changeset.databasePath();
    }
    String places = placesDifference(last);
    return places != null ? places : walDifference(last);
  }

  /** Of the blocks that the changeset lists: the state does not cover places. */
  private @Nullable String placesDifference(DecodedChangeset last) {
    for (StoredBlock block : last.changeset().blocks()) {
      int id = block.blockId();
      if (!index.contains(id)
          || !index.locate(id).equals(last.slice(block))
          || index.checksumInvalid(id) != block.checksumInvalid()) {
        return "block " + id + " lies elsewhere";
      }
    }
    return null;
  }

  private @Nullable String walDifference(DecodedChangeset last) {
    Changeset changeset = last.changeset();
    if (!wal.endsWith(last)) {
      return "the write-ahead log differs";
    }
    WalSection section = changeset.wal();
    if (section == null || kind != ChangesetKind.WAL) {
      return null;
    }
    LogPosition rollUp = section.selfContained() ? position : section.rollUp();
    if (!sinceAnchor.rollUp().equals(rollUp)) {
      return "roll-up " + sinceAnchor.rollUp() + ", not " + rollUp;
    }
    RoaringBitmap listed = SinceAnchor.idsOf(changeset);
    if (section.selfContained()
        ? !sinceAnchor.changed().equals(listed)
        : !sinceAnchor.changed().contains(listed)) {
      return "other blocks have changed since the anchor";
    }
    if (!section.selfContained()
        && (sinceAnchor.walChangesets() < 1 || sinceAnchor.walBytes() < section.length())) {
      return "fewer WAL changesets came since the roll-up";
    }
    return null;
  }
}
