package io.haduck.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker itself, on a graph that can be counted by hand. */
class ExplorationTest {
  /** A knight on a board of 8 by 8, from a corner, which must not get to a square. */
  private record Knight(int forbiddenX, int forbiddenY, int trapX) implements Model {
    @Override
    public byte[] initial() {
      return new byte[2];
    }

    @Override
    public void successors(byte[] state, Steps steps) {
      for (int x = -2; x <= 2; x++) {
        for (int y = -2; y <= 2; y++) {
          int nextX = state[0] + x;
          int nextY = state[1] + y;
          boolean onBoard = nextX >= 0 && nextX < 8 && nextY >= 0 && nextY < 8;
          if (Math.abs(x * y) == 2 && onBoard && state[0] != trapX) {
            steps.add("knight", x + "," + y, new byte[] {(byte) nextX, (byte) nextY});
          }
        }
      }
    }

    @Override
    public @Nullable Breach breach(byte[] state) {
      return state[0] == forbiddenX && state[1] == forbiddenY ? Breach.TWO_HOLDERS : null;
    }

    @Override
    public String text(byte[] state) {
      return state[0] + "," + state[1];
    }
  }

  @Test
  void of_visitsEveryStateOnce() {
    Exploration all = Exploration.of(new Knight(-1, -1, -1), 64);

    assertThat(all.breach()).isNull();
    assertThat(all.states()).isEqualTo(64);
    assertThat(all.transitions()).isEqualTo(336);
    assertThat(all.depth()).isEqualTo(6);
  }

  @Test
  void of_findsAShortestWayToABreach() {
    Exploration found = Exploration.of(new Knight(7, 7, -1), 64);

    assertThat(found.breach()).isEqualTo(Breach.TWO_HOLDERS);
    assertThat(found.trace()).hasSize(6);
    assertThat(found.trace().get(5)).endsWith("7,7");
  }

  @Test
  void of_moreStatesThanAllowed_fails() {
    assertThatThrownBy(() -> Exploration.of(new Knight(-1, -1, -1), 63))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void stuck_isAStateFromWhichNothingLeadsToTheGoal() {
    Exploration free = Exploration.of(new Knight(-1, -1, -1), 64);
    Exploration trapped = Exploration.of(new Knight(-1, -1, 3), 64);

    assertThat(free.stuck(state -> state[0] == 0 && state[1] == 0)).isNull();
    assertThat(trapped.stuck(state -> state[0] == 0 && state[1] == 0)).contains("3,");
  }

  @Test
  void stateSet_keepsManyStatesEachOnce() {
    var set = new StateSet(3);
    Set<Integer> places = new HashSet<>();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 200_000; i++) {
        byte[] state = {(byte) i, (byte) (i >> 8), (byte) (i >> 16)};
        assertThat(set.add(state, -1)).isEqualTo(round == 0);
        places.add(set.indexOf(state));
      }
    }

    assertThat(set.size()).isEqualTo(200_000);
    assertThat(places).hasSize(200_000);
    assertThat(set.indexOf(new byte[] {-1, -1, -1})).isEqualTo(-1);
  }
}
