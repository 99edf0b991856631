package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A sweep that is killed at each of its calls to the store, before and after it had its effect.
 * Some of these; all by {@code -Dhaduck.kills=all}, one again by {@code -Dhaduck.seed=…}.
 */
final class KilledSweepTest {
  private final String kills = System.getProperty("haduck.kills", "40");
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  /** The end of a process. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void sweep_killedAtAnyCall_losesNothingAndTheNextOnesClean() {
    var grown = AttackedLog.grown(seed);
    var counted = new SteppedStore(grown.copy(seed).log.memory);
    long deleted = grown.sweep(counted, AttackedLog.OPTIONS).orElseThrow().deleted();
    int calls = counted.calls();
    System.out.println(
        "kills of -Dhaduck.seed=" + seed + ": of " + calls + " calls, " + deleted + " deletions");
    assertThat(deleted).isGreaterThan(20);
    int killed = 0;
    for (int call : calls(calls)) {
      kill(grown, call, true);
      kill(grown, call, false);
      killed += 2;
    }
    System.out.println(killed + " sweeps killed");
  }

  private static boolean isKilled(Throwable problem) {
    return problem instanceof Killed || problem.getCause() instanceof Killed;
  }

  private List<Integer> calls(int of) {
    List<Integer> chosen = new ArrayList<>();
    var random = new Random(seed);
    for (int call = 1; call <= of; call++) {
      if (kills.equals("all") || random.nextInt(of) < Integer.parseInt(kills) / 2) {
        chosen.add(call);
      }
    }
    return chosen;
  }

  private void kill(AttackedLog grown, int at, boolean before) {
    String what =
        "-Dhaduck.seed=" + seed + ": killed " + (before ? "before" : "after") + " call " + at;
    AttackedLog attacked = grown.copy(seed + at);
    SteppedStore.Step kill =
        (call, of) -> {
          if (call >= at) {
            throw new Killed();
          }
        };
    var store = new SteppedStore(attacked.log.memory);
    try {
      attacked.sweep(before ? store.before(kill) : store.after(kill), AttackedLog.OPTIONS);
    } catch (RuntimeException e) {
      assertThat(e).as(what).matches(KilledSweepTest::isKilled);
    }
    attacked.requireAll(what);
    attacked.commit(3, 10);
    attacked.requireCleanAfterTwo(what);
  }
}
