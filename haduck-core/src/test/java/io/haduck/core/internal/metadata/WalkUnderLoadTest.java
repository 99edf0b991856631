package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks while writers and readers are at work and DuckDB checkpoints when it likes; what was walked
 * counts if the headers are the same afterwards. {@code -Dhaduck.seconds=…} says how long.
 */
@Tag("compat")
final class WalkUnderLoadTest {
  private static final int WRITERS = 3;

  @TempDir Path directory;

  @Test
  void walk_ownCheckpointsUnderLoad_addsUp() throws Exception {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    Duration time = Duration.ofSeconds(Integer.getInteger("haduck.seconds", 5));
    int line = WalkedDatabase.line();
    int iterations = 0;
    int closed = 0;
    int moved = 0;
    long limbo = 0;
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    try (WalkedDatabase database =
        WalkedDatabase.attach(directory.resolve("load.db"), "BLOCK_SIZE 16384")) {
      for (int i = 0; i < WRITERS; i++) {
        // DuckDB 1.4 corrupts its indexes under such a load, and then ends the process (duckdb.md).
        database.execute(
            "CREATE TABLE t"
                + i
                + (line == 104 ? " (i BIGINT" : " (i BIGINT PRIMARY KEY")
                + ", h UBIGINT, s VARCHAR)");
        if (line != 104) {
          database.execute("CREATE INDEX x" + i + " ON t" + i + " (h)");
        }
      }
      database.execute("SET checkpoint_threshold = '300KB'");
      long end = System.nanoTime() + time.toNanos();
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        String table = "t" + i;
        Random random = new Random(seed + i);
        work.add(
            writers.submit(
                () -> {
                  try (WalkedDatabase connection = database.another()) {
                    while (System.nanoTime() - end < 0) {
                      change(
                          connection, table, line == 104 ? "" : " ON CONFLICT DO NOTHING", random);
                    }
                  }
                  return null;
                }));
      }
      DatabaseFile file = database.file();
      long last = -1;
      while (System.nanoTime() - end < 0 || iterations == 0) {
        DatabaseHeaders headers = file.readHeaders();
        if (headers.active().iteration() == last) {
          Thread.onSpinWait();
          continue;
        }
        WalkResult result =
            MetadataWalk.walk(headers.active(), new DatabaseFileBlocks(file, headers));
        if (!file.readHeaders().equals(headers)) {
          moved++;
          continue;
        }
        last = headers.active().iteration();
        iterations++;
        String what = "haduck.seed=" + seed + ", iteration " + last;
        assertThat(result).as(what).isInstanceOf(Walked.class);
        BlockSum sum = ((Walked) result).sum(headers.active().blockCount());
        assertThat(sum.addsUp()).as("%s: %s", what, sum.faults()).isTrue();
        closed += sum.closes() ? 1 : 0;
        limbo += sum.limbo().getLongCardinality();
      }
      for (Future<?> writer : work) {
        writer.get();
      }
    } finally {
      writers.shutdownNow();
    }
    System.out.printf(
        "WALK under load: the sum closed at %d of %d iterations, %d blocks in limbo, %d moved while walking,"
            + " haduck.seed=%d%n",
        closed, iterations, limbo, moved, seed);
  }

  private static void change(
      WalkedDatabase connection, String table, String onConflict, Random random) throws Exception {
    int from = random.nextInt(60_000);
    int to = from + (1 << random.nextInt(14));
    String rows = " SELECT x, hash(x), 's' || x FROM range(";
    switch (random.nextInt(7)) {
      case 0, 1, 2 ->
          connection.tryToExecute(
              "INSERT INTO " + table + rows + from + ", " + to + ") r(x)" + onConflict);
      case 3 ->
          connection.tryToExecute(
              "DELETE FROM " + table + " WHERE i BETWEEN " + from + " AND " + 2 * to);
      case 4 ->
          connection.tryToExecute(
              "UPDATE " + table + " SET s = s || 'u' WHERE i % 17 = " + from % 17);
      case 5 -> {
        connection.tryToExecute("BEGIN");
        connection.tryToExecute(
            "INSERT INTO " + table + rows + (from + 100_000) + ", " + (to + 150_000) + ") r(x)");
        connection.tryToExecute("ROLLBACK");
      }
      default -> {
        connection.tryToExecute("BEGIN");
        connection.tryToExecute("SELECT sum(h) FROM " + table);
        connection.tryToExecute("SELECT sum(i) FROM " + table);
        connection.tryToExecute("COMMIT");
      }
    }
  }
}
