package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real databases whose replicas are swept: what is kept restores, and is what it was. More by
 * {@code -Dhaduck.histories=50 -Dhaduck.commits=200}; from one on by {@code -Dhaduck.seed=…}.
 */
@Timeout(value = 10, unit = TimeUnit.HOURS) // as many as asked for
class SweptHistoryTest {
  @TempDir Path directory;

  @Test
  void keptStates_ofSweptHistories_restoreAsTheyWere() throws Exception {
    int histories = Integer.getInteger("haduck.histories", 2);
    int commits = Integer.getInteger("haduck.commits", 60);
    long first = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
    for (long seed = first; seed < first + histories; seed++) {
      System.out.println(
          "swept history: go on from here by -Dhaduck.seed="
              + seed
              + " -Dhaduck.histories="
              + (first + histories - seed)
              + " -Dhaduck.commits="
              + commits);
      Path place = Files.createDirectory(directory.resolve("history-" + seed));
      try (var history = new SweptHistory(seed, place)) {
        history.run(commits);
        System.out.printf(
            "history %d: %d sweeps deleted %d objects; %d restores compared, %d refused, %d stale volumes%n",
            seed,
            history.sweeps,
            history.deleted,
            history.compared,
            history.refused,
            history.staleVolumes);
        assertThat(history.deleted).as("seed %s: objects deleted", seed).isGreaterThan(commits / 2);
        assertThat(history.compared).isGreaterThan(commits / 2);
      }
    }
  }
}
