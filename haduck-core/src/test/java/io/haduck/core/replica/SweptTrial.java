package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.Ticker;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.FaultInjectingStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A replica with its reader, who is about to make some call when it is swept. Safe for any thread.
 */
final class SweptTrial {
  /** A point that there is. */
  static final String POINT = "before-migration";

  private static final SweepOptions OPTIONS =
      new SweepOptions(
          GarbageCollection.ON,
          Duration.ofHours(1),
          SweepOptions.SHORTEST_GRACE,
          new RetentionSettings(
              Duration.ofHours(1),
              Duration.ofHours(1),
              Map.of(Period.DAILY, 3),
              ZoneOffset.UTC,
              1));

  private final GrownReplica grown;
  final MemoryStore memory;
  final ObjectStore store;
  final String what;
  private final Instant begun;
  private final int at;
  private final boolean goesOn;
  private int moment;
  private boolean armed;
  int calls;
  boolean swept;
  boolean wentOn;
  long deleted;

  /**
   * One of a replica.
   *
   * @param moment of its life at which the reader begins
   * @param at before which call it is swept; 0 for none
   * @param goesOn whether the log goes on just before that
   */
  SweptTrial(GrownReplica grown, long seed, String what, int moment, int at, boolean goesOn) {
    this.grown = grown;
    this.what =
        what + " of -Dhaduck.seed=" + seed + ", swept at call " + at + (goesOn ? ", goes on" : "");
    this.moment = moment;
    this.at = at;
    this.goesOn = goesOn;
    this.memory = grown.at(moment);
    this.begun = memory.now();
    this.store =
        new FaultInjectingStore(memory, 1)
            .named(memory.toString())
            .beforeCall((operation, key) -> reach());
    sweep();
    memory.advance(Duration.ofHours(2));
    LogState state =
        new ReplicationLog(memory).loadAt(pointed(grown), LoadProgress.NONE).orElseThrow();
    NameRecord made =
        names()
            .make(
                NameRecord.point(
                    StateName.point(POINT),
                    state.position(),
                    state.time(),
                    memory.now(),
                    UUID.randomUUID()));
    assertThat(made.isHeld()).isTrue();
  }

  /** The seq of the point. */
  static long pointed(GrownReplica grown) {
    return grown.early().get(8);
  }

  private Manifests manifests() {
    return new Manifests(memory, AgedReplica.RETRIES);
  }

  private Names names() {
    return new Names(memory, manifests(), AgedReplica.RETRIES);
  }

  private void sweep() {
    assertThat(new Sweep(memory, OPTIONS, AgedReplica.RETRIES, Ticker.system(), () -> false).run())
        .isPresent();
  }

  /** The log has gone on from the first moment, and calls count. */
  synchronized void goOn() {
    assertThat(grown.goOn(memory, ++moment)).isTrue();
    armed = true;
  }

  /** From now on calls count. */
  synchronized void arm() {
    armed = true;
  }

  /** Everybody waits for the sweep, so that it always happens at the same moment. */
  private synchronized void reach() {
    if (armed && ++calls == at) {
      var before = new TreeSet<>(memory.objects.keySet());
      wentOn = goesOn && grown.goOn(memory, moment + 1);
      for (int i = 0; i < 2; i++) {
        memory.advance(Duration.ofDays(2));
        sweep();
      }
      before.removeAll(memory.objects.keySet());
      deleted = before.stream().filter(key -> !key.startsWith("kept/")).count();
      swept = true;
    }
  }

  boolean exists(long seq) {
    return KeptStates.read(manifests(), names()).contains(seq);
  }

  void requireFine() {
    assertThat(names().list().held())
        .as(what)
        .extracting(NameRecord::name)
        .containsExactly(StateName.point(POINT));
    assertThat(Verifier.create().run(memory, VerifyProgress.none()).findings()).as(what).isEmpty();
  }

  /** How far its clock is from where it began. */
  Duration leapt() {
    return Duration.between(begun, memory.now());
  }

  /** The moment that the log has come to, but for what went on beside the sweep. */
  synchronized int moment() {
    return moment;
  }

  /** The head of whatever there is. */
  synchronized long head() {
    return wentOn ? grown.headAt(moment + 1) : grown.headAt(moment);
  }
}
