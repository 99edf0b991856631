package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The log of one replica in an object store: reads it, and checks its chain; {@link Appender} adds
 * to it.
 *
 * <p>Safe for any number of threads. Apart from what each method says, errors are those of the
 * store, and {@link CorruptDataException} for a log that does not verify: a gap, a wrong digest, a
 * changeset that does not follow its parent, an unknown format version. The protocol is explained
 * in docs/internals/format.md and docs/internals/architecture.md.
 */
public final class ReplicationLog {
  private final ObjectStore store;
  private final ChangesetHeads heads;
  private final Supplier<ReadableStates> kept;

  /** The log in a store that is scoped to one replica; all states whose keys are there exist. */
  public ReplicationLog(ObjectStore store) {
    this(store, () -> ReadableStates.NONE);
  }

  /**
   * The log in a store that is scoped to one replica.
   *
   * @param kept says which states exist; asked whenever another one than the last is looked for
   */
  public ReplicationLog(ObjectStore store, Supplier<ReadableStates> kept) {
    this.store = store;
    this.heads = new ChangesetHeads(store);
    this.kept = kept;
  }

  /** The state at the head of the log; empty for an empty log. */
  public Optional<LogState> loadLatest(LoadProgress progress) {
    return loader().loadLatest(progress);
  }

  /** See {@link ObjectStore#absence}. */
  public Optional<String> absence() {
    return store.absence();
  }

  /** The state after a changeset; empty if the log does not hold that seq. */
  public Optional<LogState> loadAt(long seq, LoadProgress progress) {
    return loader().load(seq, progress);
  }

  /** The state after the last changeset whose time is not later; empty if there is none. */
  public Optional<LogState> loadAt(Instant time, LoadProgress progress) {
    long seq = moments().lastSeqAt(LogTime.toMicros(time));
    return seq == 0 ? Optional.empty() : loader().load(seq, progress);
  }

  /** What is kept around a state that was given up; empty if it was not. */
  public Optional<DroppedState> dropped(long seq) {
    return moments().dropped(seq);
  }

  /** The moments that the log holds; empty for an empty log. */
  public Optional<LogRange> range() {
    return moments().range();
  }

  /**
   * Applies what the log holds beyond a state; costs one request when that is nothing. If this
   * throws, the state stands after the last changeset that verified.
   *
   * @return how many changesets were applied
   */
  public long poll(LogState state) {
    long before = state.position().seq();
    try {
      state.apply(heads.read(before + 1));
    } catch (MissingObjectException e) {
      return 0;
    }
    List<LogEntry> more = LogListing.changesets(store, before + 1).entries();
    for (int i = 0; i < more.size(); i++) {
      if (more.get(i).seq() != before + 2 + i) {
        throw new CorruptDataException(
            store
                + ": "
                + LogKeys.changeset(before + 2 + i)
                + " is missing, but "
                + LogKeys.changeset(more.get(i).seq())
                + " is there; restore a deleted version of it, or restore to a seq below");
      }
    }
    heads.readAll(more, state::apply);
    return state.position().seq() - before;
  }

  /**
   * The state after a changeset, read without its own snapshot, whether it is kept or not.
   *
   * @throws CorruptDataException if it cannot be read so
   * @throws MissingObjectException if something is missing for that
   */
  public LogState loadBesideSnapshot(long seq) {
    return loader().loadBesideSnapshot(seq);
  }

  /**
   * Hands over the heads of some changesets in their order, several being fetched at a time; empty
   * for what is damaged or not there any more. Nothing but themselves is verified.
   */
  public void read(List<LogEntry> entries, Consumer<Optional<DecodedChangeset>> consumer) {
    heads.readReadable(entries, consumer);
  }

  /**
   * The last changeset in a range whose time is earlier than a moment; relies on ascending times.
   *
   * @param after the range begins behind this seq
   * @param upTo the range ends with this seq
   */
  public Optional<DecodedChangeset> lastBefore(Instant time, long after, long upTo) {
    long micros = LogTime.toMicros(time);
    return Optional.ofNullable(
        new LogSearch(store, heads)
            .find(after, upTo, changeset -> changeset.timeMicros() < micros)
            .last());
  }

  /** The head of one changeset; empty if it is not there. Nothing but itself is verified. */
  public Optional<DecodedChangeset> read(long seq) {
    try {
      return Optional.of(heads.read(seq));
    } catch (MissingObjectException e) {
      return Optional.empty();
    }
  }

  /**
   * The first changeset behind a seq, by a listing: keys between them may have been deleted.
   *
   * @return its seq; empty if there is none
   */
  public OptionalLong firstBeyond(long seq) {
    Optional<LogEntry> first = NumberedKeys.CHANGESETS.first(store, seq);
    return first.isPresent() ? OptionalLong.of(first.get().seq()) : OptionalLong.empty();
  }

  /**
   * Returns the last seq that the log has.
   *
   * @param known it has had at least this one
   */
  public long lastSeq(long known) {
    return NumberedKeys.CHANGESETS
        .last(store, known, Long.MAX_VALUE)
        .map(LogEntry::seq)
        .orElse(known);
  }

  /**
   * Whether the replica has lost history that it is known to have had.
   *
   * @param recorded a position that was committed or read earlier
   * @return what is wrong, for an error message; empty if nothing is
   */
  public Optional<String> lost(LogPosition recorded) {
    if (recorded.seq() == 0) {
      return Optional.empty();
    }
    Optional<DecodedChangeset> found = read(recorded.seq());
    if (found.isPresent()) {
      LogPosition there = found.get().position();
      return there.equals(recorded) || isStray(found.get())
          ? Optional.empty()
          : Optional.of(
              store
                  + " holds another history: at seq "
                  + recorded.seq()
                  + " expected digest "
                  + recorded.digest()
                  + ", found "
                  + there.digest());
    }
    if (firstBeyond(recorded.seq()).isPresent()) {
      return Optional.empty(); // older than what is retained
    }
    return Optional.of(
        store
            + " has lost history: expected seq "
            + recorded.seq()
            + ", found "
            + lastSeq(0)
            + " as its last one");
  }

  /** Whether it was created where the history's was deleted. */
  private boolean isStray(DecodedChangeset there) {
    OptionalLong beyond = firstBeyond(there.changeset().seq());
    return beyond.isPresent() && StrayOpening.isAt(there, heads.read(beyond.getAsLong()));
  }

  /**
   * Writes a snapshot of a committed state, and lets the state count anew if the store has it then.
   * What is there already is read back and compared. A writer never needs a snapshot, so a failure
   * is for it to log.
   *
   * @return DONE, EXISTS or UNKNOWN; EXISTS if it is there, byte for byte, UNKNOWN also if it could
   *     not be read back
   * @throws CorruptDataException if something else is there; says what to do
   */
  public PutResult writeSnapshot(LogState state) {
    Snapshot snapshot = state.snapshot();
    ObjectBody body = SnapshotCodec.encode(snapshot);
    PutResult result = store.putIfAbsent(snapshot.key(), body);
    if (result.outcome() == PutResult.Outcome.EXISTS) {
      try {
        requireSame(snapshot.key(), body);
      } catch (UnavailableException | MissingObjectException e) {
        return PutResult.unknown(e);
      }
    }
    if (result.outcome() != PutResult.Outcome.UNKNOWN) {
      state.countFromHere();
    }
    return result;
  }

  /** The objects that a state needs, as its snapshot would list them. */
  public List<LiveObject> objects(LogState state) {
    return SnapshotCodec.objects(state.snapshot());
  }

  private void requireSame(String key, ObjectBody body) {
    try (StoredObject found = store.get(key)) {
      if (found.length() != body.length()) {
        throw notOurs(key, "has " + found.length() + " bytes, expected " + body.length());
      }
      long at = 0;
      for (byte[] piece : body.pieces()) {
        byte[] there = new byte[piece.length];
        found.readFully(there, 0, there.length);
        int differs = Arrays.mismatch(there, piece);
        if (differs >= 0) {
          throw notOurs(
              key, "is not the snapshot of this state from offset " + (at + differs) + " on");
        }
        at += piece.length;
      }
    }
  }

  private CorruptDataException notOurs(String key, String what) {
    return new CorruptDataException(
        store
            + "/"
            + key
            + " is there already, and "
            + what
            + ": it is damaged, or of a history that this log does not have. Readers ignore it; delete"
            + " that key");
  }

  private LogMoments moments() {
    return new LogMoments(store, heads, kept);
  }

  private LogLoader loader() {
    return new LogLoader(store, heads, kept);
  }
}
