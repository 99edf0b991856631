package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Brute force beside cleverness, on histories that nobody thought of. More of them by {@code
 * -Dhaduck.histories=8 -Dhaduck.checkpoints=100}; one again by {@code -Dhaduck.seed=…
 * -Dhaduck.histories=1}.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class RandomHistoryTest {
  @TempDir Path directory;

  @Test
  void checkpoints_ofRandomHistories_restoreAndEqualBruteForce() throws Exception {
    int histories = Integer.getInteger("haduck.histories", 2);
    int checkpoints = Integer.getInteger("haduck.checkpoints", 25);
    long first = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
    for (long seed = first; seed < first + histories; seed++) {
      System.out.println(
          "history "
              + seed
              + ": replay by -Dhaduck.seed="
              + seed
              + " -Dhaduck.histories=1 -Dhaduck.checkpoints="
              + checkpoints);
      long begun = System.nanoTime();
      Path place = Files.createDirectory(directory.resolve("history-" + seed));
      try (var history = new RandomHistory(seed, place, UnaryOperator.identity())) {
        HistoryFigures figures = history.run(checkpoints);
        System.out.println(figures + ", " + (System.nanoTime() - begun) / 1_000_000 + " ms");
        assertThat(figures.contentsCompared()).isPositive();
        assertThat(figures.checkpointsGivenUp()).isLessThanOrEqualTo(checkpoints / 10);
        assertThat(figures.statementsRefused()).isLessThan(figures.statements() / 2);
      }
    }
  }
}
