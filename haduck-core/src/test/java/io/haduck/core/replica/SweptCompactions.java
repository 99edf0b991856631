package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.testing.FaultInjectingStore.Operation;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

/**
 * A database is compacted while its replica is swept by others: each stands still in the middle of
 * its work, for longer than the grace, while the other one works; processes are killed, others take
 * over, points are made.
 */
final class SweptCompactions {
  private final CompactedLife life;
  private final Random random;
  int pausedSweeps;
  int pausedCompactions;

  SweptCompactions(CompactedLife life) {
    this.life = life;
    this.random = life.random;
  }

  /** So many steps, and the end. */
  void run(int steps) throws Exception {
    for (int step = 1; step <= steps; step++) {
      life.draw(step);
      life.writer.compacts.set(true);
      life.change();
      String what = "step " + step + ", " + step();
      life.endOvertaken();
      life.kept.check(what);
    }
    life.finish();
  }

  private String step() throws Exception {
    return switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> pausedSweep();
      case 4, 5, 6 -> pausedCompaction();
      case 7 -> killedWriter();
      case 8 -> {
        life.killedSweep();
        yield "a killed sweep";
      }
      default -> {
        life.kept.unpoint();
        life.takeOver();
        life.sweepPastGrace();
        yield "a take-over";
      }
    };
  }

  /** What others do while a sweep or a compaction stands still. */
  private enum Meanwhile {
    SWEEP,
    KILLED_SWEEP,
    POINT,
    CHECKPOINTS,
    COMPACTION,
    TAKE_OVER
  }

  private static Meanwhile any(Random random) {
    return Meanwhile.values()[random.nextInt(Meanwhile.values().length)];
  }

  private void act(Meanwhile meanwhile) throws Exception {
    switch (meanwhile) {
      case SWEEP -> {}
      case KILLED_SWEEP -> life.killedSweep();
      case POINT -> life.kept.point();
      case CHECKPOINTS -> {
        life.change(true);
        life.change(true);
      }
      case COMPACTION -> life.compact();
      case TAKE_OVER -> life.takeOver();
    }
  }

  private String pausedSweep() throws Exception {
    Meanwhile meanwhile = any(random);
    var calls = new GatedCalls();
    boolean deletion = random.nextInt(3) == 0;
    boolean before = deletion || random.nextBoolean();
    int call = deletion ? 0 : random.nextInt(random.nextInt(3) == 0 ? 60 : 15);
    var happened = new AtomicBoolean();
    var problem = new Exception[1];
    calls.at(
        before,
        call,
        (operation, key) -> !deletion || operation == Operation.DELETE,
        () -> {
          happened.set(true);
          try {
            act(meanwhile);
          } catch (Exception e) {
            problem[0] = e;
          }
          life.pause();
          if (random.nextBoolean()) {
            life.sweep();
          }
        });
    life.advance(CompactedLife.PAST_GRACE);
    life.sweep(calls);
    if (problem[0] != null) {
      throw problem[0];
    }
    pausedSweeps += happened.get() ? 1 : 0;
    return "a sweep paused at " + (deletion ? "a deletion: " : "call " + call + ": ") + meanwhile;
  }

  /** Where a compaction stands still. */
  private enum At {
    FIRST_CALL,
    AFTER_SEGMENT,
    BEFORE_APPEND,
    AFTER_APPEND;

    boolean isBefore() {
      return this == FIRST_CALL || this == BEFORE_APPEND;
    }

    /** Only the writer's thread appends, which then does nothing else. */
    boolean isAppend() {
      return this == BEFORE_APPEND || this == AFTER_APPEND;
    }

    BiPredicate<Operation, String> picks() {
      var segment = new AtomicBoolean();
      return (operation, key) -> {
        boolean compacts = Thread.currentThread().getName().startsWith("haduck-compaction");
        boolean writes = operation.writes();
        if (compacts && writes) {
          segment.set(true);
        }
        return switch (this) {
          case FIRST_CALL -> compacts;
          case AFTER_SEGMENT -> compacts && writes;
          case BEFORE_APPEND, AFTER_APPEND -> segment.get() && writes && key.startsWith("log/");
        };
      };
    }
  }

  private String pausedCompaction() throws Exception {
    At at = At.values()[random.nextInt(At.values().length)];
    Meanwhile meanwhile = any(random);
    if (meanwhile == Meanwhile.COMPACTION
        || (at.isAppend() && meanwhile == Meanwhile.CHECKPOINTS)) {
      meanwhile = Meanwhile.SWEEP; // it cannot
    }
    life.makeGarbage();
    CompactedWriter paused = life.writer;
    var reached = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    paused.calls.at(
        at.isBefore(),
        0,
        at.picks(),
        () -> {
          reached.countDown();
          awaitUninterruptibly(over);
        });
    paused.compacts.set(true);
    life.insert();
    String what = "a compaction paused at " + at + ": " + meanwhile;
    boolean killed = random.nextInt(4) == 0;
    try {
      assertThat(reached.await(1, TimeUnit.MINUTES)).as(what).isTrue();
      act(meanwhile);
      life.sweepPastGrace();
      if (random.nextBoolean()) {
        life.sweepPastGrace();
      }
      if (killed) {
        paused.calls.end();
      }
    } finally {
      over.countDown();
    }
    pausedCompactions++;
    if (killed && paused == life.writer) {
      life.again();
      return what + ", killed";
    }
    if (paused == life.writer) {
      life.commit();
    }
    return what;
  }

  private static void awaitUninterruptibly(CountDownLatch over) {
    try {
      assertThat(over.await(2, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String killedWriter() throws Exception {
    life.makeGarbage();
    int call = random.nextInt(12);
    boolean before = random.nextBoolean();
    CompactedWriter of = life.writer;
    long moved = of.moved();
    of.calls.endAt(before, call);
    of.compacts.set(true);
    of.update(random);
    life.kept.committed(life.contents());
    await().atMost(Duration.ofMinutes(1)).until(() -> of.calls.hasEnded() || of.moved() > moved);
    if (random.nextBoolean()) {
      life.sweepPastGrace();
    }
    life.again();
    return "a writer killed " + (before ? "before" : "after") + " call " + call;
  }
}
