package io.haduck.core.internal.log;

import io.haduck.core.DivergedException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectStore;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How far a log was read by who follows it, and what has to be known to read on. Whether what was
 * read may be believed is {@link FollowedLog}'s to say. Not thread-safe.
 */
final class LogReading {
  private static final int KEPT_ENDS = 1000;

  private final ObjectStore store;
  private final ReplicationLog replicationLog;
  private final ChangesetHeads heads;
  private final TreeMap<Long, EpochEnd> ends = new TreeMap<>();
  private LogState state;

  /** The state at its anchor; null if it was not read. */
  private @Nullable LogState anchorState;

  /** Whose epoch {@link #anchorEpoch} is. */
  private LogPosition anchor = LogPosition.START;

  private long anchorEpoch;

  /** A reading that has come to a state. */
  LogReading(
      ObjectStore store, ReplicationLog replicationLog, ChangesetHeads heads, LogState state) {
    this.store = store;
    this.replicationLog = replicationLog;
    this.heads = heads;
    this.state = state;
    moveTo(state);
  }

  private LogReading(LogReading other) {
    store = other.store;
    replicationLog = other.replicationLog;
    heads = other.heads;
    state = other.state.copy();
    anchorState = other.anchorState;
    anchor = other.anchor;
    anchorEpoch = other.anchorEpoch;
    ends.putAll(other.ends);
  }

  /** An independent reading of the same. */
  LogReading copy() {
    return new LogReading(this);
  }

  /** Where it has come to; moves on with it. */
  LogState state() {
    return state;
  }

  LogPosition position() {
    return state.position();
  }

  /** The writer of the last BASE or CHECKPOINT, as an epoch; 0 if the log no longer tells. */
  long anchorEpoch() {
    return anchorEpoch;
  }

  /** Where a writer's history has ended; empty if that was skipped or is not so. */
  Optional<EpochEnd> endOf(long epoch) {
    return Optional.ofNullable(ends.get(epoch));
  }

  /** Moves on by the next changeset. Leaves everything as it is if it throws. */
  void apply(DecodedChangeset changeset) {
    EpochEnd end = EpochEnd.of(state);
    state.apply(changeset);
    if (state.epoch() > end.epoch()) {
      ends.put(end.epoch(), end);
      if (ends.size() > KEPT_ENDS) {
        ends.pollFirstEntry();
      }
    }
    moveTo(state);
  }

  /** Moves on to a changeset that lies far ahead, or behind some that are gone. */
  void skipTo(LogEntry last) {
    LogState from = skippableFrom();
    long first = from == null ? last.seq() : from.position().seq();
    LogEntries entries = LogEntries.list(store, first, last.seq());
    moveTo(
        ReadPlan.backFrom(last, entries, store, heads, from, at -> startAt(at, from))
            .run(heads, LoadProgress.NONE, last.seq()));
  }

  /**
   * From the anchor, if it is known: what was read behind it, and is not believed yet, may be what
   * a writer has tried that did not get to open the log. Null if there is nothing else.
   */
  private @Nullable LogState skippableFrom() {
    LogState known = anchorState;
    if (known != null) {
      return known.copy();
    }
    return state.kind().opens() ? null : state.copy();
  }

  private static @Nullable LogState startAt(DecodedChangeset at, @Nullable LogState known) {
    if (known != null && at.position().equals(known.position())) {
      return known;
    }
    return at.changeset().kind() == ChangesetKind.BASE ? LogState.start(at) : null;
  }

  /**
   * Moves to the log's head by its nearest snapshot, whatever is between.
   *
   * @throws DivergedException if what is there does not come after what was known
   */
  void loadLatest(RuntimeException why) {
    LogState found =
        replicationLog
            .loadLatest(LoadProgress.NONE)
            .orElseThrow(() -> new DivergedException(store + " has become empty", why));
    if (!found.lineage().equals(state.lineage())
        || found.position().seq() < state.position().seq()
        || found.epoch() < state.epoch()
        || found.timeMicros() < state.timeMicros()) {
      throw new DivergedException(
          store
              + " holds another history: this one was at "
              + state.position()
              + " of lineage "
              + state.lineage()
              + ", epoch "
              + state.epoch()
              + "; its head is "
              + found.position()
              + " of lineage "
              + found.lineage()
              + ", epoch "
              + found.epoch(),
          why);
    }
    moveTo(found);
  }

  private void moveTo(LogState next) {
    state = next;
    if (next.kind().hasHeaders()) {
      anchorState = next.copy();
    } else if (anchorState != null && !anchorState.position().equals(next.anchor())) {
      anchorState = null;
    }
    if (!next.anchor().equals(anchor)) {
      anchor = next.anchor();
      anchorEpoch = next.kind().hasHeaders() ? next.epoch() : epochOf(anchor);
    }
  }

  private long epochOf(LogPosition position) {
    try {
      DecodedChangeset found = heads.read(position.seq());
      return found.position().equals(position) ? found.changeset().epoch() : 0;
    } catch (MissingObjectException e) {
      return 0;
    }
  }

  /** As {@link EpochEnd#find}. */
  Optional<EpochEnd> findEndOf(long epoch) {
    return EpochEnd.find(store, replicationLog, epoch);
  }
}
