package io.haduck.core.internal.retention;

import io.haduck.core.internal.retention.LoggedState.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** A log of random changesets as docs/internals/format.md says, without their bytes. */
final class SimulatedLog {
  /** What a database is made of: where each block is, and where the pieces of its WAL are. */
  record Contents(Map<Integer, String> blocks, List<String> wal) {
    Contents copy() {
      return new Contents(new HashMap<>(blocks), new ArrayList<>(wal));
    }
  }

  /**
   * A changeset.
   *
   * @param blocks that it lists; a null object frees one
   * @param wal pieces that it brings; all since the checkpoint if it is self-contained
   */
  record Changeset(
      long seq,
      Kind kind,
      boolean selfContained,
      long anchor,
      long rollUp,
      Map<Integer, String> blocks,
      List<String> wal) {}

  final NavigableMap<Long, Changeset> changesets = new TreeMap<>();
  final NavigableMap<Long, LoggedState> states = new TreeMap<>();
  final Map<Long, Contents> truth = new HashMap<>();
  final Map<String, ReplicaObject> objects = new TreeMap<>();

  private final Random random;
  private Instant time;
  private Instant storeTime;
  private long anchor;
  private long rollUp;
  private Contents atAnchor = new Contents(new HashMap<>(), new ArrayList<>());
  private Contents now = new Contents(new HashMap<>(), new ArrayList<>());

  SimulatedLog(Random random, Instant begin) {
    this.random = random;
    this.time = begin.plus(Duration.ofDays(random.nextInt(5) - 2L)); // a writer's clock is anyhow
    this.storeTime = begin;
  }

  long head() {
    return changesets.isEmpty() ? 0 : changesets.lastKey();
  }

  long anchor() {
    return anchor;
  }

  Instant storeTime() {
    return storeTime;
  }

  /** Lets time pass at the store, and mostly for the writer too. */
  void pass(Duration duration) {
    storeTime = storeTime.plus(duration);
    time = time.plus(random.nextInt(20) == 0 ? Duration.ofSeconds(1) : duration);
    if (random.nextInt(50) == 0) {
      time = time.plus(Duration.ofDays(random.nextInt(800))); // clocks that are wrong by years
    }
  }

  void append() {
    long seq = head() + 1;
    int which = random.nextInt(20);
    if (seq == 1 || which < 5) {
      checkpoint(seq);
    } else if (which == 5) {
      add(new Changeset(seq, Kind.EPOCH, false, anchor, 0, Map.of(), List.of()), Kind.EPOCH);
    } else {
      wal(seq, which == 6);
    }
  }

  private void checkpoint(long seq) {
    Map<Integer, String> listed = new HashMap<>();
    changedSinceAnchor().forEach(listed::put);
    change(seq, listed, 4);
    now.wal().clear();
    add(new Changeset(seq, Kind.CHECKPOINT, true, anchor, 0, listed, List.of()), Kind.CHECKPOINT);
    anchor = seq;
    rollUp = 0;
    atAnchor = now.copy();
  }

  private void wal(long seq, boolean selfContained) {
    Map<Integer, String> listed = selfContained ? changedSinceAnchor() : new HashMap<>();
    if (random.nextInt(4) == 0) {
      change(seq, listed, 2);
    }
    if (selfContained && random.nextBoolean()) { // one segment, written before, has all of it
      String rolledUp =
          object(ReplicaObject.Kind.SEGMENT, seq - random.nextInt((int) (seq - anchor)));
      now.wal().clear();
      now.wal().add(rolledUp);
    }
    List<String> before = List.copyOf(now.wal());
    now.wal().add(place(seq));
    List<String> brought =
        selfContained ? List.copyOf(now.wal()) : now.wal().subList(before.size(), now.wal().size());
    long leadsTo = selfContained ? 0 : rollUp;
    add(
        new Changeset(seq, Kind.WAL, selfContained, anchor, leadsTo, listed, List.copyOf(brought)),
        Kind.WAL);
    if (selfContained) {
      rollUp = seq;
    }
  }

  private void change(long seq, Map<Integer, String> listed, int most) {
    for (int i = random.nextInt(most + 1) + (seq == 1 ? 3 : 0); i > 0; i--) {
      int block = random.nextInt(12);
      if (random.nextInt(4) == 0 && now.blocks().remove(block) != null) {
        listed.put(block, null);
      } else {
        String object = place(seq);
        now.blocks().put(block, object);
        listed.put(block, object);
      }
    }
  }

  /** What a self-contained one lists again; what is gone with a null. */
  private Map<Integer, String> changedSinceAnchor() {
    Map<Integer, String> changed = new HashMap<>();
    Set<Integer> ids = new HashSet<>(now.blocks().keySet());
    ids.addAll(atAnchor.blocks().keySet());
    for (int id : ids) {
      String object = now.blocks().get(id);
      if (object == null || !object.equals(atAnchor.blocks().get(id))) {
        changed.put(id, object);
      }
    }
    return changed;
  }

  /** In the changeset itself, or in a segment of it. */
  private String place(long seq) {
    return random.nextBoolean() ? key(seq) : object(ReplicaObject.Kind.SEGMENT, seq);
  }

  private void add(Changeset changeset, Kind kind) {
    long seq = changeset.seq();
    time = time.plusMillis(1);
    changesets.put(seq, changeset);
    states.put(seq, new LoggedState(seq, kind, time, storeTime));
    truth.put(seq, now.copy());
    boolean fences = seq == 1 || kind == Kind.EPOCH;
    put(fences ? ReplicaObject.Kind.FENCE : ReplicaObject.Kind.CHANGESET, seq, key(seq));
    if (kind == Kind.CHECKPOINT && random.nextInt(8) == 0) {
      snapshot(seq);
    }
    if (random.nextInt(10) == 0) { // thrown away, or that of a pending append
      object(ReplicaObject.Kind.SEGMENT, seq);
    }
  }

  void snapshot(long seq) {
    put(ReplicaObject.Kind.SNAPSHOT, seq, snapshotKey(seq));
  }

  private String object(ReplicaObject.Kind kind, long seq) {
    String key = "segment/" + seq + "-" + random.nextLong();
    put(kind, seq, key);
    return key;
  }

  private void put(ReplicaObject.Kind kind, long seq, String key) {
    objects.put(key, new ReplicaObject(key, kind, seq, 1000, storeTime));
  }

  static String key(long seq) {
    return "log/" + seq;
  }

  static String snapshotKey(long seq) {
    return "snapshot/" + seq;
  }

  /** All that reading the kept states takes. */
  Set<String> needed(RetainedStates retained) {
    Set<String> needed = new HashSet<>();
    for (long seq : retained.states().keySet()) {
      needed.add(key(seq));
      needed.addAll(truth.get(seq).blocks().values());
      needed.addAll(truth.get(seq).wal());
    }
    retained.startingPoints().forEach(state -> needed.add(snapshotKey(state.seq())));
    return needed;
  }
}
