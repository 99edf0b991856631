package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.store.ObjectBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A sweep that stands still for days, longer than the grace, at each of its calls to the store,
 * while others act. Some of these; all by {@code -Dhaduck.pauses=all}, one again by {@code
 * -Dhaduck.seed=…}.
 */
final class PausedSweepTest {
  private final String pauses = System.getProperty("haduck.pauses", "15");
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  /** What happens meanwhile; some of it is finished when the sweep is over. */
  private enum Meanwhile {
    NOTHING {
      @Override
      Runnable happens(AttackedLog log) {
        return () -> {};
      }
    },
    POINT {
      @Override
      Runnable happens(AttackedLog log) {
        for (int i = 0; i < 3; i++) {
          NameRecord record = log.point("meanwhile-" + i, log.anyExistingBelowFloor());
          log.make(record);
        }
        return () -> {};
      }
    },
    POINT_DELETED {
      @Override
      Runnable happens(AttackedLog log) {
        for (StateName name : List.copyOf(log.told.keySet())) {
          if (log.random.nextBoolean()) {
            log.told.remove(name);
            assertThat(log.log.names.delete(name)).isTrue();
          }
        }
        return () -> {};
      }
    },
    POINT_OF_ANOTHER_THAT_IS_DELETED {
      @Override
      Runnable happens(AttackedLog log) {
        for (StateName name : List.copyOf(log.told.keySet())) {
          if (log.make(log.point("by-word-of-" + name.id(), log.told.get(name)))) {
            log.told.remove(name);
            assertThat(log.log.names.delete(name)).isTrue();
          }
        }
        return () -> {};
      }
    },
    PIN {
      @Override
      Runnable happens(AttackedLog log) {
        log.make(log.pin(log.anyExistingBelowFloor(), Duration.ofDays(900)));
        log.make(log.pin(log.anyExisting(), Duration.ofDays(900)));
        return () -> {};
      }
    },
    SECOND_SWEEP {
      @Override
      Runnable happens(AttackedLog log) {
        var other = AttackedLog.options(log.random.nextInt(40), 1 + log.random.nextInt(20), 1);
        for (int i = 0; i < 3; i++) {
          log.log.deleted += log.sweep(log.log.memory, other).orElseThrow().deleted();
          log.log.memory.advance(Duration.ofHours(3));
        }
        return () -> {};
      }
    },
    TAKE_OVER {
      @Override
      Runnable happens(AttackedLog log) {
        log.log.commit(log.log.history.epoch());
        log.commit(1 + log.random.nextInt(5), 600);
        return () -> {};
      }
    },
    REWIND {
      @Override
      Runnable happens(AttackedLog log) {
        log.log.commit(log.log.history.epoch());
        log.log.commit(log.log.history.base(3));
        log.commit(log.random.nextInt(3), 600);
        return () -> log.commit(3, 60);
      }
    },
    ROLL_UP {
      @Override
      Runnable happens(AttackedLog log) {
        log.log.commit(log.log.history.checkpoint(3, 1));
        while (log.log.history.segments.isEmpty()) {
          log.log.history.segments.clear();
          EncodedChangeset next = log.log.history.wal();
          if (log.log.history.segments.isEmpty()) {
            log.log.commit(next);
          } else {
            return writeNow(log, next);
          }
        }
        throw new IllegalStateException("no segment was made");
      }

      /** Nothing names what is written now, until the sweep is over, some days later. */
      private Runnable writeNow(AttackedLog log, EncodedChangeset next) {
        log.log.history.segments.forEach(
            (key, bytes) -> {
              var unused = log.log.memory.put(key, ObjectBody.of(bytes));
            });
        log.log.history.segments.clear();
        log.log.memory.advance(Duration.ofDays(3));
        return () -> log.log.commit(next);
      }
    },
    READER {
      @Override
      Runnable happens(AttackedLog log) {
        ReadableStates readable = log.log.readable();
        log.requireAll("a reader meanwhile");
        return () -> log.log.states.keySet().stream().filter(readable::contains).forEach(log::read);
      }
    };

    abstract Runnable happens(AttackedLog log);
  }

  @ParameterizedTest
  @EnumSource(Meanwhile.class)
  void sweep_pausedForDaysAtAnyCall_losesNothing(Meanwhile meanwhile) {
    var grown = AttackedLog.grown(seed);
    var counted = new SteppedStore(grown.copy(seed).log.memory);
    grown.sweep(counted, AttackedLog.OPTIONS);
    int calls = counted.calls();
    var random = new Random(seed);
    int paused = 0;
    long deleted = 0;
    for (int call = 1; call <= calls; call++) {
      if (pauses.equals("all") || random.nextInt(calls) < Integer.parseInt(pauses)) {
        deleted += pause(grown, call, meanwhile);
        paused++;
      }
    }
    System.out.println(
        meanwhile
            + " of -Dhaduck.seed="
            + seed
            + ": "
            + paused
            + " pauses at "
            + calls
            + " calls, "
            + deleted
            + " objects deleted");
    assertThat(paused == 0 || deleted > 0).isTrue();
  }

  private long pause(AttackedLog grown, int at, Meanwhile meanwhile) {
    String what = "-Dhaduck.seed=" + seed + ": " + meanwhile + " at call " + at;
    AttackedLog attacked = grown.copy(seed + at);
    List<Runnable> rest = new ArrayList<>();
    var store =
        new SteppedStore(attacked.log.memory)
            .before(
                (call, of) -> {
                  if (call == at) {
                    attacked.log.memory.advance(Duration.ofDays(attacked.random.nextInt(4)));
                    rest.add(meanwhile.happens(attacked));
                    attacked.log.memory.advance(Duration.ofDays(2));
                  }
                });
    try {
      attacked.log.deleted += attacked.sweep(store, AttackedLog.OPTIONS).orElseThrow().deleted();
    } catch (RuntimeException e) {
      throw new AssertionError(what, e);
    }
    rest.forEach(Runnable::run);
    attacked.requireAll(what);
    attacked.requireCleanAfterTwo(what);
    return attacked.log.deleted;
  }
}
