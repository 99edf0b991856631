package io.haduck.core.internal.kept;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.testing.FaultInjectingStore.Fault;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamesUnderFaultsTest extends NamedLog {
  /** A process that is killed. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void point_whoseMakerIsKilledAnywhere_canBeMadeAgain_orIsGivenUp() {
    sweep(1, 2, 5);
    int calls = 0;
    boolean killed = true;
    for (int at = 1; killed; at++) {
      boolean before = kill(at, "a" + at, 5, false);
      killed = kill(at, "b" + at, 5, true) || before;
      calls = at;
      if (killed) {
        NameRecord again = KeptObjects.point("a" + at, position(5)).with(Hold.CREATING);
        assertThat(names().make(again).hold()).isEqualTo(Hold.HELD);
      }
    }
    assertThat(calls).as("a point takes some calls").isGreaterThan(5);
    for (NameRecord name : names().list().held()) {
      assertThat(name.position()).isEqualTo(position(5));
    }
    FoundNames later = names().list().asOf(Instant.now().plus(GRACE).plusSeconds(60));
    List<NameRecord> creating = later.creating();
    assertThat(creating).isNotEmpty();
    assertThat(names().giveUpLeftovers(later, GRACE)).hasSameSizeAs(creating);
    assertThat(names().list().creating()).isEmpty();
  }

  /** Whether the maker got that far. */
  private boolean kill(int call, String name, long seq, boolean after) {
    int[] left = {call};
    Runnable hook =
        () -> {
          if (--left[0] == 0) {
            throw new Killed();
          }
        };
    if (after) {
      store.afterCall((operation, key) -> hook.run());
    } else {
      store.beforeCall((operation, key) -> hook.run());
    }
    try {
      names().make(point(name, seq));
      return false;
    } catch (Killed e) {
      return true;
    } finally {
      store.beforeCall((operation, key) -> {}).afterCall((operation, key) -> {});
    }
  }

  @Test
  void point_ofAGoneState_whoseMakerIsKilledAnywhere_isNeverHeld() {
    sweep(1, 2, 5);
    for (int at = 1; at < 30; at++) {
      for (boolean after : new boolean[] {false, true}) {
        try {
          kill(at, "a" + at, 4, after);
        } catch (DivergedException e) {
          // as it should be
        }
      }
    }
    assertThat(names().list().held()).isEmpty();
    assertThat(readable().contains(4)).isFalse();
  }

  @Test
  void points_underRandomFaults_areMadeOrRefusedInTheEnd() {
    sweep(1, 2, 5);
    store
        .rate(Fault.ERROR_BEFORE, 0.1)
        .rate(Fault.LOST_RESPONSE, 0.1)
        .rate(Fault.LATE, 0.1)
        .rate(Fault.DUPLICATE, 0.1)
        .rate(Fault.SHORT_READ, 0.1);
    for (int i = 0; i < 60; i++) {
      long seq = 1L + i % 9;
      boolean exists = seq == 2 || seq == 5 || seq >= 7;
      assertThat(isMade("p" + i, seq)).as("haduck.seed=%d, seq %d", seed, seq).isEqualTo(exists);
    }
    store.heal();
    store.deliverLate();
    for (NameRecord name : names().list().held()) {
      assertThat(name.position().seq()).isIn(2L, 5L, 7L, 8L, 9L);
    }
    assertThat(names().list().creating()).isEmpty();
  }

  private boolean isMade(String name, long seq) {
    while (true) {
      try {
        names().make(point(name, seq));
        return true;
      } catch (DivergedException e) {
        return false;
      } catch (UnavailableException e) {
        // again
      }
    }
  }
}
