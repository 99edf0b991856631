package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which moments a log holds, and at which seq it was at a time. */
final class LogMoments {
  private static final Logger log = LoggerFactory.getLogger(LogMoments.class);

  private final ObjectStore store;
  private final ChangesetHeads heads;
  private final Supplier<ReadableStates> kept;

  /**
   * Of the log in a store that is scoped to one replica.
   *
   * @param kept says which states exist
   */
  LogMoments(ObjectStore store, ChangesetHeads heads, Supplier<ReadableStates> kept) {
    this.store = store;
    this.heads = heads;
    this.kept = kept;
  }

  /**
   * The largest seq whose time is not later; 0 if there is none. Relies on ascending times.
   *
   * @throws CorruptDataException if changesets are missing just behind it, which may be the ones
   *     that are asked for
   * @throws DivergedException if these were given up by the retention
   */
  long lastSeqAt(long timeMicros) {
    ReadableStates states = kept.get();
    LogEntry first = firstFromFloor(states);
    if (first == null) {
      return 0;
    }
    long head =
        NumberedKeys.CHANGESETS.last(store, first.seq() - 1, Long.MAX_VALUE).orElse(first).seq();
    LogSearch search = new LogSearch(store, heads);
    LogSearch.Border border =
        search.find(first.seq() - 1, head, changeset -> changeset.timeMicros() <= timeMicros);
    if (border.last() == null && !states.below().isEmpty()) {
      List<Long> below = List.copyOf(states.below().keySet());
      try {
        border =
            search.among(below, changeset -> changeset.timeMicros() <= timeMicros, border.next());
      } catch (MissingObjectException e) {
        throw new CorruptDataException(
            e.getMessage()
                + ", and its state is kept. Restore a deleted version of it, or say by its seq which state it shall be",
            e);
      }
    }
    DecodedChangeset last = border.last();
    if (last == null) {
      return 0;
    }
    DecodedChangeset next = border.next();
    // No other has that time, whatever is missing.
    boolean itself = last.changeset().timeMicros() == timeMicros;
    if (!itself && next != null && !border.isUnbroken()) {
      throw KeptStateErrors.gapAt(store, timeMicros, last.changeset(), next.changeset(), states);
    }
    return last.changeset().seq();
  }

  /** The first changeset from which on every state exists; null if there is none. */
  private @Nullable LogEntry firstFromFloor(ReadableStates states) {
    return states.walFrom() > 0
        ? NumberedKeys.CHANGESETS.first(store, states.walFrom() - 1).orElse(null)
        : LogEntries.firstConnected(store);
  }

  /** What is kept around a state that was given up; empty if it was not. */
  Optional<DroppedState> dropped(long seq) {
    ReadableStates states = kept.get();
    if (states.contains(seq)) {
      return Optional.empty();
    }
    Long before = states.below().lowerKey(seq);
    Long after = states.below().higherKey(seq);
    return Optional.of(
        new DroppedState(before == null ? 0 : before, after == null ? states.walFrom() : after));
  }

  /** Which moments there are; empty if there is no changeset. */
  Optional<LogRange> range() {
    ReadableStates states = kept.get();
    LogEntry begin = firstFromFloor(states);
    if (begin == null) {
      return Optional.empty();
    }
    Changeset first;
    if (states.walFrom() > 0) {
      first =
          states.below().keySet().stream()
              .flatMap(seq -> readIfThere(seq).stream())
              .findFirst()
              .orElseGet(() -> heads.read(begin).changeset());
    } else {
      first = heads.read(begin).changeset();
      if (first.kind() != ChangesetKind.BASE) {
        first = firstOfSnapshots().orElse(first);
      }
    }
    LogEntry head =
        NumberedKeys.CHANGESETS.last(store, begin.seq() - 1, Long.MAX_VALUE).orElse(begin);
    Changeset last = heads.read(head).changeset();
    return Optional.of(
        new LogRange(
            first.seq(),
            LogTime.toInstant(first.timeMicros()),
            last.seq(),
            LogTime.toInstant(last.timeMicros())));
  }

  private Optional<Changeset> firstOfSnapshots() {
    return LogListing.snapshots(store, 0).entries().stream()
        .flatMap(snapshot -> readIfThere(snapshot.seq()).stream())
        .findFirst();
  }

  private Optional<Changeset> readIfThere(long seq) {
    try {
      return Optional.of(heads.read(seq).changeset());
    } catch (MissingObjectException e) {
      log.debug("a snapshot without its changeset is none, and a kept state is lost", e);
      return Optional.empty();
    }
  }
}
