package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.jdbc.ExitingProgram.Ending;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that are told to end while they commit, in all the usual ways and with every durability:
 * what they acknowledged is on the replica, and they end when they are done.
 *
 * <p>More of them by {@code -Dhaduck.exits=50}; seeds by {@code -Dhaduck.seed=…}.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
final class ShutdownStormTest {
  private static final List<Ending> ENDINGS = List.of(Ending.values());

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);

  @Test
  void everyWayToEnd_losesNothingAcknowledged() throws Exception {
    int exits = Integer.getInteger("haduck.exits", ENDINGS.size());
    System.out.println("exits with -Dhaduck.seed=" + seed + " -Dhaduck.exits=" + exits);
    long acknowledged = 0;
    long found = 0;
    Duration longest = Duration.ZERO;
    for (int i = 0; i < exits; i++) {
      Ending ending = ENDINGS.get(i % ENDINGS.size());
      String durability = List.of("async", "checkpoint", "commit").get(random.nextInt(3));
      String context = "seed " + seed + ", exit " + i + ", " + ending + ", " + durability;
      ExitedProgram exited =
          exit(Files.createDirectory(directory.resolve("" + i)), ending, durability);
      exited.assertNothingLost(directory, context);
      if (ending == Ending.SECOND_HOOK) {
        assertThat(exited.lines()).as(context).contains("SECOND DONE");
      }
      assertThat(exited.ending()).as(context + exited.text()).isLessThan(Duration.ofSeconds(40));
      acknowledged += exited.acknowledged().size();
      found += exited.onReplica(directory).size();
      longest = exited.ending().compareTo(longest) > 0 ? exited.ending() : longest;
    }
    System.out.println(
        exits
            + " exits: "
            + acknowledged
            + " rows acknowledged, "
            + found
            + " rows found on the replicas, longest ending "
            + longest.toMillis()
            + " ms, seed "
            + seed);
    assertThat(acknowledged).isPositive();
  }

  private ExitedProgram exit(Path place, Ending ending, String durability) throws Exception {
    String url =
        "jdbc:haduck:"
            + place.resolve("a.duckdb")
            + ";haduck.replica=file:"
            + place.resolve("replica")
            + ";haduck.shutdown_timeout=60s;haduck.durability="
            + durability
            + (random.nextBoolean() ? ";haduck.sync_interval=1h" : "")
            + (random.nextBoolean() ? ";haduck.linger=0s" : "");
    boolean signal = ending == Ending.SIGTERM || ending == Ending.SIGTERM_WITH_POOL;
    return ExitedProgram.run(
        url,
        signal ? "TERM" : null,
        ExitingProgram.class,
        ending.name(),
        "" + random.nextInt(1500),
        "" + 4000,
        "" + random.nextLong());
  }
}
