package io.haduck.testing.internal.splitbrain;

import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.History;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * All that was ever in a log, all that anybody was told of it, and whether these agree. Objects are
 * kept here that are deleted in the store.
 */
final class Books {
  private final Supplier<Instant> storeTime;

  /** What writers made of their databases, by the digest of the changeset that says so. */
  private final Map<Digest, History.Model> models = new HashMap<>();

  private final Map<Digest, Digest> indexes = new HashMap<>();
  private final Map<Digest, DecodedChangeset> created = new HashMap<>();
  private final Map<String, Created> newest = new HashMap<>();
  private final List<Told> told = new ArrayList<>();
  private final List<Told> believed = new ArrayList<>();
  private final TreeSet<Long> present = new TreeSet<>();
  private long head;
  private long snapshot;

  /** How many keys were created again, after they were swept, by another changeset. */
  int strays;

  /** How often a follower took a stray at its own seq for another history, and began anew. */
  int lost;

  /**
   * An object of the log.
   *
   * @param changeset what it is
   * @param at when it was created, by the store's clock
   */
  record Created(DecodedChangeset changeset, Instant at) {}

  /**
   * What somebody was told.
   *
   * @param position that is in the log
   * @param epoch of its changeset
   * @param who was told so
   * @param session of the writer
   * @param nanos when
   * @param index what its state is
   */
  record Told(
      LogPosition position, long epoch, String who, String session, long nanos, Digest index) {}

  Books(Supplier<Instant> storeTime) {
    this.storeTime = storeTime;
  }

  /** A writer is about to append something. */
  void made(EncodedChangeset encoded, History history) {
    models.put(encoded.digest(), history.model());
    indexes.put(encoded.digest(), history.head().index().state());
  }

  History.Model model(LogState state) {
    return Objects.requireNonNull(
        models.get(state.position().digest()), "nobody made " + state.position());
  }

  /** The store has created an object. */
  void created(String key, byte[] bytes) {
    LogKeys.snapshotSeq(key).ifPresent(seq -> snapshot = Math.max(snapshot, seq));
    if (LogKeys.changesetSeq(key).isEmpty()) {
      return;
    }
    present.add(LogKeys.changesetSeq(key).getAsLong());
    DecodedChangeset changeset = ChangesetCodec.decode(key, bytes);
    created.put(changeset.position().digest(), changeset);
    Created before = newest.put(key, new Created(changeset, storeTime.get()));
    if (before != null && !before.changeset().position().equals(changeset.position())) {
      strays++;
    }
    head = Math.max(head, changeset.changeset().seq());
  }

  /** Returns what is there below the newest snapshot. */
  List<Created> belowSnapshot() {
    return present.headSet(snapshot).stream()
        .map(seq -> Objects.requireNonNull(newest.get(LogKeys.changeset(seq))))
        .toList();
  }

  void swept(long seq) {
    present.remove(seq);
  }

  long head() {
    return head;
  }

  /** A writer has told its user that this is in the log. */
  void acknowledged(EncodedChangeset what, String who, String session, long nanos) {
    told.add(
        new Told(
            what.position(),
            what.changeset().epoch(),
            who,
            session,
            nanos,
            Objects.requireNonNull(indexes.get(what.digest()))));
  }

  /** A follower shows this to its user. */
  void believed(LogState state, String who, long nanos) {
    believed.add(new Told(state.position(), state.epoch(), who, "", nanos, state.index().state()));
  }

  int acknowledgements() {
    return told.size();
  }

  int beliefs() {
    return believed.size();
  }

  /** Returns who was told something since. */
  Set<String> toldSince(long nanos) {
    Set<String> sessions = new TreeSet<>();
    for (Told each : told) {
      if (each.nanos() >= nanos) {
        sessions.add(each.session());
      }
    }
    return sessions;
  }

  /** Returns who was told of an opening, in how many epochs. */
  int epochs() {
    Set<Long> epochs = new HashSet<>();
    told.forEach(each -> epochs.add(each.epoch()));
    return epochs.size();
  }

  /**
   * Compares what was told with what is.
   *
   * @param store holds the log at its end
   * @param clones whether one writer may have been two
   * @return the state at the head, reckoned from the first changeset on
   * @throws AssertionError if they do not agree
   */
  LogState check(ObjectStore store, boolean clones) {
    NavigableMap<Long, DecodedChangeset> chain = chain(store);
    Map<Long, Digest> states = new HashMap<>();
    LogState state = null;
    for (DecodedChangeset next : chain.values()) {
      if (state == null) {
        state = LogState.start(next);
      } else {
        state.apply(next);
      }
      states.put(state.position().seq(), state.index().state());
    }
    require(told, chain, states, "was acknowledged, and is not in the history");
    require(believed, chain, states, "was shown by a follower, and is not in the history");
    if (!clones) {
      requireOneWriterInEachEpoch();
    }
    return Objects.requireNonNull(state);
  }

  /** The history that leads to the head, whatever of it was swept. */
  private NavigableMap<Long, DecodedChangeset> chain(ObjectStore store) {
    String last = lastKey(store);
    if (last.isEmpty()) {
      throw new AssertionError("the log is empty");
    }
    Digest digest =
        ChangesetCodec.decode(last, store.read(last, Integer.MAX_VALUE)).position().digest();
    var chain = new TreeMap<Long, DecodedChangeset>();
    while (!digest.equals(Digest.ZERO)) {
      DecodedChangeset at = created.get(digest);
      if (at == null) {
        throw new AssertionError("what follows is missing: " + chain.firstKey());
      }
      chain.put(at.changeset().seq(), at);
      digest = at.changeset().parent();
    }
    if (chain.firstKey() != 1 || chain.size() != chain.lastKey()) {
      throw new AssertionError("the history is not whole: " + chain.keySet());
    }
    if (Objects.requireNonNull(chain.get(1L)).changeset().kind() != ChangesetKind.BASE) {
      throw new AssertionError("the history does not begin with a BASE");
    }
    return chain;
  }

  static String lastKey(ObjectStore store) {
    Deque<String> keys = new ArrayDeque<>();
    keys.add("");
    Listing page;
    do {
      page = store.list(LogKeys.CHANGESETS, keys.getLast());
      page.objects().forEach(each -> keys.add(each.key()));
    } while (page.truncated());
    return keys.getLast();
  }

  private static void require(
      List<Told> all,
      NavigableMap<Long, DecodedChangeset> chain,
      Map<Long, Digest> states,
      String otherwise) {
    for (Told each : all) {
      DecodedChangeset there = chain.get(each.position().seq());
      if (there == null || !there.position().equals(each.position())) {
        throw new AssertionError(
            each
                + " "
                + otherwise
                + ", which has "
                + (there == null ? "nothing" : there.position() + ", " + there.changeset().kind())
                + " there");
      }
      if (!each.index().equals(states.get(each.position().seq()))) {
        throw new AssertionError(each + " has another state in the history");
      }
    }
  }

  private void requireOneWriterInEachEpoch() {
    Map<Long, Told> writers = new HashMap<>();
    for (Told each : told) {
      Told other = writers.putIfAbsent(each.epoch(), each);
      if (other != null && !other.session().equals(each.session())) {
        throw new AssertionError("two were acknowledged in one epoch: " + other + " and " + each);
      }
    }
  }
}
