package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.SameState;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * A log that was swept before and goes on to be written, so that the next sweep gives up much. It
 * remembers which points somebody was told of: these must hold whatever happens.
 */
final class AttackedLog {
  static final int ALL = 1_000_000;
  static final Duration GRACE = Duration.ofHours(2);
  static final SweepOptions OPTIONS = options(30, 12, 3);

  final SweptLog log;
  final Random random;

  /** Names of which somebody was told, and the seqs of their states. */
  final Map<StateName, Long> told = new LinkedHashMap<>();

  private AttackedLog(SweptLog log, Random random) {
    this.log = log;
    this.random = random;
  }

  static SweepOptions options(int windowHours, int walHours, int daily) {
    return new SweepOptions(
        GarbageCollection.ON,
        Duration.ofHours(1),
        GRACE,
        new RetentionSettings(
            Duration.ofHours(windowHours),
            Duration.ofHours(walHours),
            Map.of(Period.DAILY, daily),
            ZoneOffset.UTC,
            1));
  }

  /** A random one, of which the next sweep by {@link #OPTIONS} deletes something. */
  static AttackedLog grown(long seed) {
    var random = new Random(seed);
    var grown = new AttackedLog(new SweptLog(random), random);
    grown.log.memory.page = 20 + random.nextInt(50);
    grown.commit(30, 40);
    grown.sweep();
    grown.log.memory.advance(Duration.ofHours(2));
    grown.sweep();
    grown.commit(70, 40);
    grown.points(3);
    grown.sweep();
    grown.points(2);
    grown.commit(90, 40);
    grown.points(3);
    grown.commit(10, 40);
    return grown;
  }

  /** Another one that is the same now, and goes another way. */
  AttackedLog copy(long seed) {
    var other = new Random(seed);
    var copy = new AttackedLog(new SweptLog(log, other), other);
    copy.told.putAll(told);
    return copy;
  }

  /** Some more commits, minutes after each other. */
  void commit(int count, int mostMinutes) {
    for (int i = 0; i < count; i++) {
      Duration pause = Duration.ofMinutes(1 + random.nextInt(mostMinutes));
      log.memory.advance(pause);
      log.history.stepMicros = pause.toMillis() * 1000;
      log.commit(
          log.history.state == null || random.nextInt(3) > 0
              ? log.history.next()
              : log.history.tinyWal());
    }
  }

  SweepReport sweep() {
    return log.sweep(OPTIONS, ALL);
  }

  Optional<SweepReport> sweep(ObjectStore store, SweepOptions options) {
    return log.sweep(store, options, ALL).run();
  }

  /** The seqs of all states that exist. */
  List<Long> existing() {
    ReadableStates readable = log.readable();
    List<Long> existing = new ArrayList<>();
    log.states.keySet().stream().filter(readable::contains).forEach(existing::add);
    return existing;
  }

  long anyExisting() {
    List<Long> existing = existing();
    return existing.get(random.nextInt(existing.size()));
  }

  /** One that the next sweep may give up. */
  long anyExistingBelowFloor() {
    List<Long> existing = existing();
    return existing.get(random.nextInt(existing.size() * 3 / 4));
  }

  /** Reads what existed when somebody decided to: it is what it was, or was given up meanwhile. */
  void read(long seq) {
    ReadableStates readable = log.readable();
    Optional<LogState> found =
        new ReplicationLog(log.memory, () -> readable).loadAt(seq, LoadProgress.NONE);
    assertThat(found.isPresent()).isEqualTo(readable.contains(seq));
    found.ifPresent(it -> SameState.assertSame(it, log.states.get(seq)));
  }

  void points(int count) {
    for (int i = 0; i < count; i++) {
      long seq = anyExisting();
      assertThat(make(point("p" + told.size() + "-" + seq, seq))).isTrue();
    }
  }

  NameRecord point(String name, long seq) {
    LogState state = log.states.get(seq);
    var nonce = new UUID(random.nextLong(), random.nextLong());
    return NameRecord.point(
        StateName.point(name), state.position(), state.time(), log.now(), nonce);
  }

  void told(NameRecord name) {
    told.put(name.name(), name.position().seq());
  }

  /** Somebody makes a name, and is told that it holds, or that its state does not exist. */
  boolean make(NameRecord wanted) {
    try {
      told(log.names.make(wanted));
      return true;
    } catch (DivergedException e) {
      return false;
    }
  }

  NameRecord pin(long seq, Duration life) {
    LogState state = log.states.get(seq);
    return NameRecord.pin(
        new UUID(random.nextLong(), random.nextLong()),
        state.position(),
        state.time(),
        log.now(),
        log.now().plus(life),
        "a long restore");
  }

  /** All that exists is what it was; all that somebody was told of exists. */
  void requireAll(String what) {
    log.requireAll(what);
    ReadableStates readable = log.readable();
    told.forEach(
        (name, seq) -> assertThat(readable.contains(seq)).as("%s: %s", what, name).isTrue());
  }

  /** After two more sweeps that nobody disturbs, nothing is there that could go. */
  void requireCleanAfterTwo(String what) {
    log.memory.advance(GRACE.plusMinutes(1));
    sweep();
    log.memory.advance(GRACE.plusMinutes(1));
    sweep();
    requireAll(what + ", swept twice more");
    log.requireNoGarbage(what, GRACE);
  }
}
