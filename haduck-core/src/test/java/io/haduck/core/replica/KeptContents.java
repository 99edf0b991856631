package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a database held, in the order in which it was committed, and which of that each seq of its
 * log holds: each state that is kept must be what it was, and complete.
 */
final class KeptContents {
  private final AgedReplica replica;
  private final Path directory;
  private final Random random;

  /** Each differs from all before. */
  private final List<String> versions = new ArrayList<>();

  /** The version of each seq; not of those that were given up before anybody looked. */
  private final NavigableMap<Long, Integer> recorded = new TreeMap<>();

  private final Map<StateName, Long> points = new LinkedHashMap<>();

  /** The newest version of which somebody was told that it is in the log. */
  private int acknowledged;

  private long lookedAt;
  private int files;
  int restored;
  int refused;

  KeptContents(AgedReplica replica, Path directory, Random random) {
    this.replica = replica;
    this.directory = directory;
    this.random = random;
  }

  /** The database holds this from now on. */
  void committed(String contents) {
    if (versions.isEmpty() || !versions.get(versions.size() - 1).equals(contents)) {
      assertThat(versions).doesNotContain(contents);
      versions.add(contents);
    }
  }

  /** What was committed last is in the log, as somebody was told. */
  void acknowledged(long seq) {
    acknowledged = versions.size() - 1;
    recorded.put(seq, acknowledged);
  }

  /** Another writer goes on from there: nobody was told of what was committed after it. */
  void takenOver(String what, String contents) {
    int version = versions.indexOf(contents);
    assertThat(version).as("%s: what is taken over", what).isGreaterThanOrEqualTo(acknowledged);
    versions.subList(version + 1, versions.size()).clear();
  }

  /** Nobody will ask for what was before that. */
  void begin(long seq) {
    lookedAt = seq;
  }

  String newest() {
    return versions.get(versions.size() - 1);
  }

  /** Somebody makes a point of a state, and is told that it holds, or was given up just then. */
  void point() {
    ReadableStates readable = replica.readable();
    List<Long> seqs = recorded.keySet().stream().filter(readable::contains).toList();
    long seq = seqs.get(random.nextInt(seqs.size()));
    try (ObjectStore store = replica.store()) {
      Optional<LogState> state =
          new ReplicationLog(store, replica::readable).loadAt(seq, LoadProgress.NONE);
      if (state.isPresent() && point(store, state.get())) {
        return;
      }
    }
    assertThat(replica.readable().contains(seq)).isFalse();
  }

  private boolean point(ObjectStore store, LogState state) {
    var name = StateName.point("p" + points.size() + "-" + random.nextInt(10_000));
    var nonce = new UUID(random.nextLong(), random.nextLong());
    try {
      NameRecord made =
          replica
              .names(store)
              .make(NameRecord.point(name, state.position(), state.time(), replica.now(), nonce));
      points.put(made.name(), state.position().seq());
      return true;
    } catch (DivergedException e) {
      return false;
    }
  }

  /** Of which nobody needs the state any more. */
  void unpoint() {
    if (!points.isEmpty()) {
      StateName point = points.keySet().iterator().next();
      points.remove(point);
      try (ObjectStore store = replica.store()) {
        assertThat(replica.names(store).delete(point)).isTrue();
      }
    }
  }

  /** All that is kept is what it was, and all of it is there. */
  void check(String what) throws Exception {
    long head = replica.head();
    ReadableStates readable = replica.readable();
    points.forEach(
        (point, seq) -> assertThat(readable.contains(seq)).as("%s: %s", what, point).isTrue());
    lookAtNew(what, readable, head);
    requireObjects(what, readable, head);
    for (long seq : recorded.keySet()) {
      if (!readable.contains(seq)) {
        if (random.nextInt(20) == 0) {
          requireRefused(what, seq);
        }
      } else if (seq <= readable.walFrom() || random.nextInt(8) == 0) {
        requireRestorable(what, seq);
      }
    }
    try (ObjectStore store = replica.store()) {
      assertThat(Verifier.create().run(store, VerifyProgress.none()).findings()).as(what).isEmpty();
    }
  }

  /** What nobody was told of holds what was before it or after it. */
  private void lookAtNew(String what, ReadableStates readable, long head) throws Exception {
    for (long seq = lookedAt + 1; seq <= head; seq++) {
      if (readable.contains(seq) && !recorded.containsKey(seq)) {
        String contents = restoredContents(seq);
        Map.Entry<Long, Integer> before = recorded.floorEntry(seq);
        assertThat(versions.indexOf(contents))
            .as("%s: seq %s after %s", what, seq, before)
            .isGreaterThanOrEqualTo(before == null ? 0 : before.getValue());
        recorded.put(seq, versions.indexOf(contents));
      }
    }
    assertThat(recorded.get(head))
        .as("%s: what was acknowledged is at the head", what)
        .isGreaterThanOrEqualTo(acknowledged);
    lookedAt = head;
  }

  /** Each object is there that a state refers to. */
  private Set<String> requireObjects(String what, ReadableStates readable, long head) {
    Set<String> needed = new TreeSet<>();
    try (ObjectStore store = replica.store()) {
      var log = new ReplicationLog(store, () -> readable);
      for (long seq : recorded.keySet()) {
        if (readable.contains(seq) && (seq == head || seq <= readable.walFrom() || seq % 3 == 0)) {
          LogState state = log.loadAt(seq, LoadProgress.NONE).orElseThrow();
          LiveObjects.of(state).stream().map(LiveObject::key).forEach(needed::add);
        }
      }
    }
    assertThat(replica.objects()).as("%s: objects that states refer to", what).containsAll(needed);
    return needed;
  }

  /**
   * What nothing needs is gone, if it may go: all of it is old.
   *
   * @param swept the head when it was swept
   */
  void requireNoGarbage(String what, long swept) {
    ReadableStates readable = replica.readable();
    try (ObjectStore store = replica.store()) {
      var log = new ReplicationLog(store, () -> readable);
      long head = replica.head();
      long anchor = log.loadLatest(LoadProgress.NONE).orElseThrow().anchor().seq();
      Set<String> needed = new TreeSet<>();
      for (long seq = 1; seq <= head; seq++) {
        if (readable.contains(seq)) {
          LogState state = log.loadAt(seq, LoadProgress.NONE).orElseThrow();
          LiveObjects.of(state).stream().map(LiveObject::key).forEach(needed::add);
          needed.add(LogKeys.changeset(seq));
          needed.add(LogKeys.snapshot(seq));
        }
      }
      Set<String> garbage = new TreeSet<>(replica.objects());
      garbage.removeAll(needed);
      garbage.removeIf(key -> isToStay(store, key, Math.min(readable.walFrom(), anchor), swept));
      assertThat(garbage).as(what).isEmpty();
    }
  }

  private static boolean isToStay(ObjectStore store, String key, long floor, long swept) {
    OptionalLong changeset = LogKeys.changesetSeq(key);
    if (changeset.isPresent()) {
      long seq = changeset.getAsLong();
      return seq == 1
          || seq >= floor
          || seq > swept - 100
          || new ReplicationLog(store).read(seq).orElseThrow().changeset().kind()
              == ChangesetKind.EPOCH;
    }
    OptionalLong segment = LogKeys.segmentSeq(key);
    return (segment.isPresent() ? segment : LogKeys.snapshotSeq(key)).orElseThrow() >= floor;
  }

  private void requireRestorable(String what, long seq) throws Exception {
    assertThat(restoredContents(seq))
        .as("%s: seq %s", what, seq)
        .isEqualTo(versions.get(recorded.get(seq)));
  }

  private String restoredContents(long seq) throws Exception {
    Path place = Files.createDirectory(directory.resolve("restored-" + ++files));
    Path file = place.resolve("my.duckdb");
    restore(seq, file);
    restored++;
    String contents;
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      contents = ReplicatedDatabase.contentsOf(plain);
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(place)) {
      for (Path each : all) {
        Files.delete(each);
      }
    }
    Files.delete(place);
    return contents;
  }

  private void requireRefused(String what, long seq) {
    Path file = directory.resolve("refused.duckdb");
    assertThatThrownBy(() -> restore(seq, file))
        .as("%s: seq %s was given up", what, seq)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("does not keep seq " + seq + " any more");
    refused++;
  }

  private void restore(long seq, Path to) {
    try (ObjectStore store = replica.store()) {
      Restorer.create().restore(RestoreRequest.latest(store, to).at(new RestoreTarget.AtSeq(seq)));
    }
  }
}
