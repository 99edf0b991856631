package io.haduck.core.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Looks at a database that pause before any of their file operations while DuckDB commits,
 * checkpoints, and commits while it checkpoints: none may miss a commit that was acknowledged
 * before it began, or show what was true at no moment. More by {@code -Dhaduck.looks=10000}; the
 * same pauses again by {@code -Dhaduck.seed=…}, though DuckDB's threads run as they like.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class PausedLooksTest {
  private static final int LOOKS_PER_BATCH = 6;

  @TempDir Path directory;

  private final int looks = Integer.getInteger("haduck.looks", 240);
  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));

  @ParameterizedTest
  @ValueSource(strings = {"v1.0.0", "latest"})
  void looks_pausedAnywhere_missNoAcknowledgedCommit(String storageVersion) throws Exception {
    System.out.println(
        "looks of -Dhaduck.seed="
            + seed
            + " -Dhaduck.looks="
            + looks
            + ", storage "
            + storageVersion);
    var random = new Random(seed);
    Path path = directory.resolve("my.duckdb");
    var counts = new LookedAt.Counts();
    int made = 0;
    for (int session = 1; made < looks; session++) {
      if (session > 1 && random.nextBoolean()) {
        leaveBehind(path);
      }
      try (MarkedCommits duck =
          MarkedCommits.open(path, ";storage_compatibility_version=" + storageVersion, session)) {
        var pauses = new Pauses(duck, random);
        var observer = new DatabaseObserver(DatabaseFiles.open(path), pauses);
        observer.joinInstance();
        for (int batch = 0; batch < 40 && made < looks; batch++) {
          var seen = new LookedAt(duck, counts);
          pauses.forget();
          for (int look = 0; look < LOOKS_PER_BATCH; look++, made++) {
            pauses.begin();
            long acknowledged = duck.acknowledged();
            DatabaseMoment moment = observer.observeMoment();
            pauses.end();
            seen.add(moment, observer.wal(), acknowledged);
          }
          duck.quiesce();
          assertThat(seen.violations())
              .as("-Dhaduck.seed=%s session %s batch %s: %s", seed, session, batch, pauses)
              .isEmpty();
        }
        observer.wal().close();
      }
    }
    System.out.println(made + " looks, " + counts);
    assertThat(counts.runningCheckpoints + counts.iterationsMoved).isPositive();
  }

  /** What a crash can leave: a file where a checkpoint's commits go, though none is running. */
  private static void leaveBehind(Path path) throws Exception {
    Path leftBehind = path.resolveSibling("my.duckdb.wal.checkpoint");
    try (MarkedCommits duck = MarkedCommits.open(path, "", 1_000_000)) {
      duck.commit();
      // DuckDB 1.4 knows no such file, and leaves it.
      Files.copy(
          path.resolveSibling("my.duckdb.wal"), leftBehind, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
