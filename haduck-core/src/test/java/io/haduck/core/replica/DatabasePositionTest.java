package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DatabasePosition;
import org.junit.jupiter.api.Test;

final class DatabasePositionTest {
  private static final DatabasePosition HELD = new DatabasePosition(7, 150, 2);

  @Test
  void covers_whatCameBefore_inTheWalAndByCheckpoints() {
    assertThat(HELD.covers(HELD)).isTrue();
    assertThat(HELD.covers(new DatabasePosition(7, 149, 2))).isTrue();
    assertThat(HELD.covers(new DatabasePosition(6, 900, 2))).isTrue();
    assertThat(HELD.covers(DatabasePosition.NONE)).isTrue();
    assertThat(HELD.covers(new DatabasePosition(7, 151, 2))).isFalse();
    assertThat(HELD.covers(new DatabasePosition(8, 0, 2))).isFalse();
  }

  @Test
  void covers_positionsSeenBeforeARewind_butNoneSeenAfterIt() {
    // What was longer then, and was taken back, nobody was told to be committed.
    assertThat(HELD.covers(new DatabasePosition(7, 200, 1))).isTrue();
    // Another commit may have taken the place of the one that the log holds.
    assertThat(HELD.covers(new DatabasePosition(7, 100, 3))).isFalse();
  }
}
