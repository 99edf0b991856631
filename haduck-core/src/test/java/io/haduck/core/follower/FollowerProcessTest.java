package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that follows is killed while its writer writes, and comes back whole. {@code
 * -Dhaduck.follower.processes=50} for more than a sample.
 */
class FollowerProcessTest extends FollowedReplica {
  private static final Logger log = LoggerFactory.getLogger(FollowerProcessTest.class);
  private static final String SHOWN = "SHOWN";

  private final long seed = Long.getLong("haduck.seed", System.nanoTime());
  private final int processes = Integer.getInteger("haduck.follower.processes", 2);

  @ParameterizedTest
  @ValueSource(strings = {FollowedStorage.OLDEST, FollowedStorage.NEWEST})
  void process_killedWhileItFollows_comesBackWhole(String storageVersion) throws Exception {
    log.info("haduck.seed={}", seed);
    FollowedStorage.create(source.resolve("my.duckdb"), storageVersion);
    var random = new Random(seed);
    var table = new SealedTable(random);
    write(table.creation().toArray(String[]::new));
    for (int number = 0; number < processes; number++) {
      ChildJvm child =
          ChildJvm.start(
              "-Xmx256m", FollowerProcessTest.class, own.toString(), database.replica().toString());
      child.awaitLine(SHOWN);
      for (int i = 5 + random.nextInt(30); i > 0; i--) {
        database.execute(table.next().toArray(String[]::new));
      }
      child.kill();
      database.awaitPosition();
      database.awaitInSync();
      if (ShownDatabase.forThisDuckDb() == WalReplay.WITHOUT_INDEXES) {
        write("CHECKPOINT"); // DuckDB 1.4 may not replay what is before
      }
      try (var shown = new ShownDatabase();
          Follower follower = Follower.open(options(), shown);
          Connection connection = shown.connect()) {
        assertThat(follower.status().shown().seq()).isEqualTo(head());
        assertThat(SealedTable.read(connection)).as("seed %s", seed).isEqualTo(table.number());
      }
    }
    log.info(
        FollowedStorage.figures(
            "processes",
            storageVersion,
            seed,
            "%d killed, %d changesets".formatted(processes, head())));
  }

  /** Follows until it is killed. */
  public static void main(String[] arguments) throws Exception {
    var options =
        FollowerOptions.of(Path.of(arguments[0]), new FileObjectStore(Path.of(arguments[1])))
            .withPolling(Duration.ofMillis(5), Duration.ofMillis(10));
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options, shown)) {
      while (Files.exists(Path.of(arguments[1]))) {
        System.out.println(SHOWN + " " + follower.status().shown().seq());
        Thread.sleep(20);
      }
    }
  }
}
