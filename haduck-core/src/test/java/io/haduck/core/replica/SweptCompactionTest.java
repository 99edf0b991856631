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
 * Real databases that are compacted while their replicas are swept. More by {@code
 * -Dhaduck.histories=20 -Dhaduck.steps=30}; from one on by {@code -Dhaduck.seed=…}.
 */
@Timeout(value = 10, unit = TimeUnit.HOURS) // as many as asked for
class SweptCompactionTest {
  @TempDir Path directory;

  private final int histories = Integer.getInteger("haduck.histories", 1);
  private final int steps = Integer.getInteger("haduck.steps", 5);
  private final long first = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));

  @Test
  void keptStates_whereSweepsAndCompactionsStandStill_restoreAsTheyWere() throws Exception {
    for (long seed = first; seed < first + histories; seed++) {
      try (CompactedLife life = begin(seed, false)) {
        var paused = new SweptCompactions(life);
        paused.run(steps);
        System.out.printf(
            "%d sweeps and %d compactions stood still%n",
            paused.pausedSweeps, paused.pausedCompactions);
        end(seed, life);
      }
    }
  }

  @Test
  void keptStates_whereWritersSweepAndCompactByThemselves_restoreAsTheyWere() throws Exception {
    for (long seed = first; seed < first + histories; seed++) {
      try (CompactedLife life = begin(seed, true)) {
        new SweepingWriters(life).run(steps);
        end(seed, life);
      }
    }
  }

  private CompactedLife begin(long seed, boolean together) throws Exception {
    System.out.println(
        "compacted and swept: go on from here by -Dhaduck.seed="
            + seed
            + " -Dhaduck.histories="
            + (first + histories - seed)
            + " -Dhaduck.steps="
            + steps);
    return new CompactedLife(
        seed, Files.createDirectory(directory.resolve("history-" + seed)), together);
  }

  private void end(long seed, CompactedLife life) {
    System.out.printf(
        "history %d: %,d bytes moved, %d sweeps, %d objects deleted; %d kills, %d take-overs;"
            + " %d restores compared, %d refused%n",
        seed,
        life.moved,
        life.sweeps,
        life.deleted(),
        life.kills,
        life.takeOvers,
        life.restored(),
        life.refused());
    assertThat(life.moved).as("seed %s: bytes moved", seed).isGreaterThan(100_000);
    assertThat(life.deleted()).as("seed %s: objects deleted", seed).isGreaterThan(2 * steps);
  }
}
