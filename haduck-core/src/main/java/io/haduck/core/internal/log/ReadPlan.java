package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.ObjectStore;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a changeset far from any beginning is reached without reading all that is before it.
 *
 * @param start a state to begin with
 * @param landmarks self-contained changesets, the anchor of each being the one before it
 * @param tail what follows the last landmark (or the start), up to the target, none missing
 */
record ReadPlan(LogState start, Deque<DecodedChangeset> landmarks, List<LogEntry> tail) {
  /**
   * Goes back from the target: a WAL changeset leads to its roll-up or else its anchor, an EPOCH
   * where the one before it leads, a self-contained changeset to its anchor, until one can be begun
   * with. What else there is between is neither read nor missed.
   *
   * @param near a state that reading can begin with, wherever it stands, so that no changeset
   *     before it is needed; belongs to the plan. Null if there is none but what {@code start} says
   * @param start the state after a BASE or CHECKPOINT if one can begin there, else null; a BASE
   *     always can
   * @throws CorruptDataException if a changeset is missing that is needed
   */
  static ReadPlan backFrom(
      LogEntry target,
      LogEntries entries,
      ObjectStore store,
      ChangesetHeads heads,
      @Nullable LogState near,
      Function<DecodedChangeset, @Nullable LogState> start) {
    Walk walk = new Walk(entries, store, heads);
    DecodedChangeset at = heads.read(target);
    List<LogEntry> tail = List.of();
    Deque<DecodedChangeset> landmarks = new ArrayDeque<>();
    if (!at.changeset().isSelfContained()) {
      LogPosition before = walk.beforeTail(at);
      if (near != null && before.seq() < near.position().seq() && walk.leads(near, at)) {
        tail = walk.unbroken(near.position().seq() + 1, target.seq());
        return new ReadPlan(near, landmarks, tail);
      }
      tail = walk.unbroken(before.seq() + 1, target.seq());
      at = walk.read(before, at.changeset());
    }
    LogState state = start.apply(at);
    while (state == null) {
      landmarks.addFirst(at);
      if (near != null && near.isBetweenAnchorAnd(at.changeset())) {
        return new ReadPlan(near, landmarks, tail);
      }
      at = walk.read(at.changeset().anchor(), at.changeset());
      state = start.apply(at);
    }
    return new ReadPlan(state, landmarks, tail);
  }

  /** Applies everything, and so moves the start on to the target. */
  LogState run(ChangesetHeads heads, LoadProgress progress, long target) {
    progress.applied(start.position().seq(), target);
    for (DecodedChangeset landmark : landmarks) {
      long seq = landmark.changeset().seq();
      if (seq == start.position().seq() + 1) {
        start.apply(landmark);
      } else {
        start.applyToAnchor(landmark);
      }
      progress.applied(seq, target);
    }
    heads.readAll(
        tail,
        next -> {
          start.apply(next);
          progress.applied(next.changeset().seq(), target);
        });
    return start;
  }

  private record Walk(LogEntries entries, ObjectStore store, ChangesetHeads heads) {
    /** Whether all changesets between are there, which have the same anchor. */
    boolean leads(LogState from, DecodedChangeset to) {
      return from.anchor().equals(to.changeset().anchor())
          && entries.missing(from.position().seq() + 1, to.changeset().seq()) == 0;
    }

    /** The self-contained changeset from which on all up to this one are needed. */
    LogPosition beforeTail(DecodedChangeset last) {
      DecodedChangeset at = last;
      while (at.changeset().kind() == ChangesetKind.EPOCH) {
        LogPosition anchor = at.changeset().anchor();
        long previous = at.changeset().seq() - 1;
        if (previous == anchor.seq()) {
          return anchor;
        }
        at = heads.read(unbroken(previous, previous).get(0));
      }
      WalSection wal = at.changeset().wal();
      if (at.changeset().isSelfContained() || wal == null) {
        return at.position();
      }
      return wal.rollUp().seq() > 0 ? wal.rollUp() : at.changeset().anchor();
    }

    DecodedChangeset read(LogPosition position, Changeset by) {
      LogEntry entry = entries.find(position.seq());
      if (entry == null) {
        throw missing(position.seq(), by.key() + " leads there");
      }
      DecodedChangeset found = heads.read(entry);
      if (!found.position().equals(position)) {
        throw new CorruptDataException(
            store
                + ": "
                + by.key()
                + " leads to "
                + position
                + ", found "
                + found.position()
                + " there; the log is damaged, restore a deleted or overwritten object version, or"
                + " restore to a seq below");
      }
      return found;
    }

    List<LogEntry> unbroken(long from, long to) {
      long missing = entries.missing(from, to);
      if (missing > 0) {
        throw missing(missing, "it is needed to read up to " + LogKeys.changeset(to));
      }
      return entries.range(from, to);
    }

    private MissingChangesetException missing(long seq, String why) {
      return new MissingChangesetException(
          store
              + ": "
              + LogKeys.changeset(seq)
              + " is missing, "
              + why
              + ", and there is no usable snapshot in between; restore a deleted object version, or"
              + " restore to another seq, or begin a new replica");
    }
  }
}
