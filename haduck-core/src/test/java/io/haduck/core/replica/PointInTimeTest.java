package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Restores to moments of a history whose state was recorded after each commit. The whole by {@code
 * -Dhaduck.commits=500 -Dhaduck.moments=50}; the same statements by {@code -Dhaduck.seed=…}.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class PointInTimeTest {
  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);
  private final List<Recorded> history = new ArrayList<>();

  /** From when to when the database held this, and was known to be on the replica. */
  private record Recorded(Instant from, Instant until, String contents) {}

  @Test
  void restores_toRandomMoments_equalWhatWasRecordedThen() throws Exception {
    int commits = Integer.getInteger("haduck.commits", 100);
    int moments = Integer.getInteger("haduck.moments", 12);
    System.out.println("point in time: -Dhaduck.seed=" + seed + " -Dhaduck.commits=" + commits);
    try (var database = ReplicatedDatabase.in(directory)) {
      database.open();
      database.execute(
          "SET checkpoint_threshold = '100KB'",
          "CREATE TABLE t(n BIGINT PRIMARY KEY, text VARCHAR)",
          "CREATE TABLE accounts AS SELECT range AS id, 100 AS balance FROM range(10)");
      for (int n = 1; n <= commits; n++) {
        commit(database, n);
        database.awaitPosition();
        Instant from = now();
        String contents = database.contents();
        if (n % 50 == 0) {
          database.checkpoint();
        }
        if (n % 90 == 0) {
          database.reopen();
        }
        history.add(new Recorded(from, now(), contents));
      }
      database.awaitPosition();
    }
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      int belowHead = 0;
      for (int each = 0; each < moments; each++) {
        Recorded recorded = history.get(random.nextInt(history.size()));
        long micros = ChronoUnit.MICROS.between(recorded.from(), recorded.until());
        Instant moment = recorded.from().plus(random.nextLong(micros + 1), ChronoUnit.MICROS);
        Path file = directory.resolve("restored-" + each + ".duckdb");
        RestoreResult result =
            Restorer.create()
                .restore(RestoreRequest.latest(store, file).at(new RestoreTarget.AtTime(moment)));
        belowHead += result.seq() < result.headSeq() ? 1 : 0;
        assertThat(result.commitTime()).isBeforeOrEqualTo(moment);
        try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
          assertThat(ReplicatedDatabase.contentsOf(plain))
              .as("seed %s, %s", seed, moment)
              .isEqualTo(recorded.contents());
        }
      }
      assertThat(belowHead).isPositive();
      System.out.println(
          moments + " moments of " + commits + " commits restored and equal, seed " + seed);
    }
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }

  private void commit(ReplicatedDatabase database, int n) throws Exception {
    switch (random.nextInt(8)) {
      case 0 -> database.execute("UPDATE t SET text = text || 'x' WHERE n % 7 = " + n % 7);
      case 1 -> database.execute("DELETE FROM t WHERE n = " + random.nextInt(n));
      case 2 ->
          database.execute(
              "BEGIN",
              "UPDATE accounts SET balance = balance - 1 WHERE id = " + n % 10,
              "UPDATE accounts SET balance = balance + 1 WHERE id = " + (n + 3) % 10,
              "COMMIT");
      case 3 ->
          database.execute(
              "CREATE OR REPLACE TABLE own AS SELECT range AS a, "
                  + n
                  + " AS n FROM range("
                  + random.nextInt(n % 20 == 0 ? 200_000 : 500)
                  + ")");
      case 4 -> database.execute("CREATE OR REPLACE VIEW v AS SELECT " + n + " AS n");
      default -> database.execute("INSERT INTO t VALUES (" + n + ", repeat(md5('" + n + "'), 20))");
    }
  }
}
