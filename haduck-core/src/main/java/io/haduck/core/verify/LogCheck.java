package io.haduck.core.verify;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCheck;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.Damage;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.WholeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Walks along a log, from its first changeset to its last, and checks each with all that belongs to
 * it. What cannot be read breaks the walk; it goes on with the next changeset that can be begun
 * with: a BASE, one with a snapshot, or one that is self-contained after a checkpoint that was
 * read. For one use by one thread.
 */
final class LogCheck {
  private final CheckedObjects objects;
  private final PartCheck parts;
  private final CheckFindings findings;
  private final KeptCheck kept;
  private final SegmentsCheck segments;
  private final SnapshotsCheck snapshots;
  private final List<VerifyReport.SeqRange> readable = new ArrayList<>();
  private long changesetsRead;

  /** After the changeset before, if it could be read. */
  private @Nullable LogState state;

  /** After the last BASE or CHECKPOINT that could be read. */
  private @Nullable LogState anchor;

  /** Of the changeset before, if it could be decoded. */
  private @Nullable LogPosition previous;

  private @Nullable UUID lineage;

  /**
   * Whether readers come across something damaged before they come here, though this walk went on:
   * they read all changesets from a snapshot, a BASE or a gap on, or from a self-contained one with
   * an anchor that they can read.
   */
  private boolean blocked;

  private boolean anchorBlocked;

  LogCheck(CheckedObjects objects, PartCheck parts, CheckFindings findings, KeptCheck kept) {
    this.objects = objects;
    this.parts = parts;
    this.findings = findings;
    this.kept = kept;
    this.segments = new SegmentsCheck(objects, parts, findings, kept);
    this.snapshots = new SnapshotsCheck(objects, parts, findings, kept);
  }

  VerifyReport run() {
    long last = 0;
    for (long seq : objects.changesets().keySet()) {
      if (!kept.contains(seq)) {
        kept.passedOver();
        objects.checked();
        continue;
      }
      if (seq != last + 1) {
        gap(last, seq);
      }
      last = seq;
      try {
        step(seq);
      } catch (MissingObjectException e) {
        broken();
        blocked = true;
        findings.add(
            Finding.of(
                LogKeys.changeset(seq),
                seq,
                "the changeset was listed and is gone now",
                CheckFindings.RESTORE_VERSION));
      }
      objects.checked();
    }
    snapshots.rest(last);
    segments.rest(lineage);
    conclude(last);
    kept.conclude(readable, last);
    return new VerifyReport(
        changesetsRead,
        segments.read(),
        snapshots.read(),
        objects.bytes(),
        readable,
        last,
        findings.findings(),
        findings.omitted(),
        findings.notes());
  }

  private void gap(long last, long seq) {
    long missing = Math.max(last + 1, kept.floor());
    if (missing < seq) {
      gap(last, missing, seq);
    } // else what was between is given up
    broken();
    blocked = false;
  }

  /** Some are missing from one seq on that ought to be there, up to another that is. */
  private void gap(long last, long missing, long seq) {
    boolean swept = kept.floor() > 0;
    Map.Entry<Long, Long> snapshot = objects.snapshots().firstEntry();
    if (last == 0 && !swept) {
      findings.note(
          "the log begins with seq "
              + seq
              + "; what was before is not kept any more, or was deleted by others");
    } else if (!swept
        && objects.changesets().firstKey() > 1
        && snapshot != null
        && seq <= snapshot.getKey()) {
      findings.note(
          "the changesets up to seq "
              + last
              + " are not connected to the log, which begins with seq "
              + seq
              + "; readers ignore them");
    } else {
      findings.add(
          Finding.of(
              LogKeys.changeset(missing),
              missing,
              "the log has a gap: seq "
                  + missing
                  + (seq - 1 > missing ? " to " + (seq - 1) + " are" : " is")
                  + " missing, and seq "
                  + seq
                  + " is there",
              "Restore a deleted version of the objects if there is one. Moments in the gap are lost; those"
                  + " after it can be restored if the check calls them readable"));
    }
  }

  private void broken() {
    state = null;
    previous = null;
  }

  private void step(long seq) {
    String key = LogKeys.changeset(seq);
    WholeObject object = objects.whole(key);
    ChangesetCheck check = check(key, object);
    if (!check.damages().isEmpty() || check.dataOrTrailer()) {
      object = objects.whole(key); // should it have been damaged on its way
      check = check(key, object);
    }
    changesetsRead++;
    findings.add(key, seq, check.damages(), CheckFindings.RESTORE_VERSION);
    DecodedChangeset decoded = check.decoded();
    if (decoded == null) {
      broken();
      blocked = true;
      snapshots.check(seq, null, null);
      return;
    }
    if (!kept.isExpected(decoded.position())) {
      broken();
      blocked = true;
      snapshots.check(seq, null, null);
      return;
    }
    boolean passable = isPassable(decoded, check, object);
    blocked |= !passable;
    LogState before = base(decoded.changeset());
    checkParts(decoded, check, object, before);
    apply(decoded, before);
    previous = decoded.position();
    LogState snapshot = snapshots.check(seq, decoded, state);
    if (passable) {
      begin(snapshot);
      blocked &= !isReachedAnew(decoded.changeset());
    }
    LogState after = state;
    if (after == null) {
      return;
    }
    if (decoded.changeset().kind().hasHeaders()) {
      anchor = after.copy();
      anchorBlocked = blocked;
    }
    if (!blocked && !parts.hits(after)) {
      readable(seq);
    }
  }

  /** Whether readers get past it, who read no more than its head. */
  private static boolean isPassable(
      DecodedChangeset decoded, ChangesetCheck check, WholeObject object) {
    return object.length() == decoded.objectLength()
        && check.damages().stream().allMatch(damage -> damage.offset() >= decoded.headLength());
  }

  /** Whether readers need nothing between its anchor, which they can read, and itself. */
  private boolean isReachedAnew(Changeset changeset) {
    LogState at = anchor;
    return state != null
        && (changeset.kind() == ChangesetKind.BASE
            || (changeset.isSelfContained()
                && at != null
                && !anchorBlocked
                && changeset.anchor().equals(at.position())));
  }

  /** Goes on from a snapshot; readers do so, too. */
  private void begin(@Nullable LogState snapshot) {
    if (snapshot == null) {
      return;
    }
    blocked = false;
    if (state == null) {
      state = snapshot;
      lineage = snapshot.lineage();
    }
  }

  private ChangesetCheck check(String key, WholeObject object) {
    long headLength = Math.min(object.length(), Integer.MAX_VALUE - 8);
    return ChangesetCheck.of(key, object, objects.head(key, object, headLength), state, lineage);
  }

  /** The state that a changeset is applied to: its parent's, that at its anchor, or none. */
  private @Nullable LogState base(Changeset changeset) {
    LogState at = anchor;
    if (state == null
        && at != null
        && changeset.kind() != ChangesetKind.BASE
        && changeset.isSelfContained()
        && changeset.anchor().equals(at.position())) {
      return at.copy();
    }
    return state;
  }

  /** Proves all that it points at. */
  private void checkParts(
      DecodedChangeset decoded,
      ChangesetCheck check,
      WholeObject object,
      @Nullable LogState before) {
    String own = decoded.changeset().key();
    long seq = decoded.changeset().seq();
    Map<String, List<PartCheck.Part>> byObject = PartCheck.of(decoded);
    List<PartCheck.Part> inline = Objects.requireNonNullElse(byObject.remove(own), List.of());
    boolean right = parts.check(own, object.bytes(), inline, seq);
    if (check.dataOrTrailer() && right) {
      // No block and no WAL is hit: what lies between them, or else the trailer.
      long end = object.contentLength();
      long from = PartCheck.uncovered(decoded.headLength(), end, inline);
      findings.add(
          own,
          seq,
          new Damage(
              from,
              object.length() - from,
              "expected the closing SHA-256 "
                  + object.sha256()
                  + ", found "
                  + object.trailer()
                  + "; blocks and WAL in it are right"),
          CheckFindings.RESTORE_VERSION);
    }
    segments.check(decoded, byObject);
    for (Map.Entry<String, List<PartCheck.Part>> other : byObject.entrySet()) {
      segments.referred(other.getKey());
      List<PartCheck.Part> unknown = PartCheck.unknownTo(before, other.getValue());
      if (!unknown.isEmpty()) {
        parts.check(other.getKey(), null, unknown, seq);
      }
    }
  }

  /** Moves the state on, if that is possible. */
  private void apply(DecodedChangeset decoded, @Nullable LogState before) {
    Changeset changeset = decoded.changeset();
    LogPosition parent = previous;
    UUID known = lineage;
    try {
      if (before != null && before == state) {
        before.apply(decoded);
        return;
      }
      state = null;
      if (parent != null && !parent.digest().equals(changeset.parent())) {
        throw new CorruptDataException(
            changeset.key()
                + " (seq "
                + changeset.seq()
                + ") does not follow what is before it: expected parent digest "
                + parent.digest()
                + ", found "
                + changeset.parent());
      }
      if (known != null && !known.equals(changeset.lineage())) {
        throw new CorruptDataException(
            changeset.key()
                + " (seq "
                + changeset.seq()
                + ") is of another log: expected lineage "
                + known
                + ", found "
                + changeset.lineage());
      }
      if (before != null) {
        before.applyToAnchor(decoded);
        state = before;
        blocked |= anchorBlocked;
      } else if (changeset.kind() == ChangesetKind.BASE) {
        state = LogState.start(decoded);
        lineage = changeset.lineage();
      }
    } catch (CorruptDataException e) {
      state = null;
      blocked = true;
      findings.add(
          Finding.of(
              changeset.key(),
              changeset.seq(),
              String.valueOf(e.getMessage()),
              CheckFindings.RESTORE_VERSION));
    }
  }

  private void readable(long seq) {
    int end = readable.size() - 1;
    if (end >= 0 && readable.get(end).last() == seq - 1) {
      readable.set(end, new VerifyReport.SeqRange(readable.get(end).first(), seq));
    } else {
      readable.add(new VerifyReport.SeqRange(seq, seq));
    }
  }

  private void conclude(long last) {
    if (last == 0) {
      if (objects.segments().isEmpty() && objects.snapshots().isEmpty()) {
        findings.add(
            Finding.of(
                LogKeys.CHANGESETS,
                1,
                objects.nothingThere(),
                "If there should be a replica, look where the database's own messages say that it is; and whether"
                    + " the disk is mounted"));
      } else {
        findings.add(
            Finding.of(
                LogKeys.changeset(1),
                1,
                "there are segments or snapshots, but no changesets: the log was deleted",
                "Restore deleted versions of the objects if there are any, else begin a new replica"));
      }
    } else if (readable.isEmpty() && findings.count() == 0) {
      long first = objects.changesets().firstKey();
      findings.add(
          Finding.of(
              LogKeys.changeset(first),
              first,
              "the log cannot be read: it begins here, without a BASE or a usable snapshot",
              "Restore deleted versions of what was before if there are any, else begin a new replica"));
    }
  }
}
