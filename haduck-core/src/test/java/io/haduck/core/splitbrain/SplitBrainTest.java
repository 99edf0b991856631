package io.haduck.core.splitbrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.splitbrain.Figures;
import io.haduck.testing.internal.splitbrain.MemoryReplica;
import io.haduck.testing.internal.splitbrain.Rounds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Writers, followers and a sweeper on one replica, and everything that can go wrong between them,
 * in a simulated time. {@code -Dhaduck.rounds=…} plays more of them, {@code -Dhaduck.seed=…} the
 * same again, {@code -Dhaduck.round=…} one alone.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS) // as many as asked for
final class SplitBrainTest {
  @TempDir Path directory;

  @Test
  void rounds_inMemory_loseNothingAndEndWithOneWriter() {
    Figures figures = Rounds.play(200, Duration.ofSeconds(9), round -> new MemoryReplica());
    assertThat(figures.rounds()).isPositive();
  }

  @Test
  void rounds_inADirectory_loseNothingAndEndWithOneWriter() {
    Figures figures =
        Rounds.playBriefly(
            20,
            Duration.ofSeconds(3),
            round -> new FileObjectStore(directory.resolve("r" + round)));
    assertThat(figures.rounds()).isPositive();
  }

  /** What must be over within a few TTLs by itself: somebody writes, and one only. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "KILLED",
        "HUNG_APPENDER",
        "LOG_DENIED",
        "HAND_OVER_DIES",
        "LEASE_DELETED",
        "CLONED"
      })
  void oneTrouble_endsWithOneWriter(String trouble) {
    Figures figures = Rounds.playOnly(trouble, 6, Duration.ofMillis(500));
    assertThat(figures.rounds()).isPositive();
  }
}
