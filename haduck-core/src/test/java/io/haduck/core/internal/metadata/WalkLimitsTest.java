package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.metadata.WalkResult.Unproven;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("compat")
final class WalkLimitsTest {
  private static final long SMALL_STACK = 512 << 10;
  private static final long LARGE_STACK = 64 << 20;

  @TempDir Path directory;

  private static Object onStackOf(long bytes, Callable<Object> work) throws Exception {
    FutureTask<Object> task = new FutureTask<>(work);
    Thread thread = new Thread(null, task, "stack of " + bytes, bytes);
    thread.start();
    return task.get();
  }

  private static String nested(int depth) {
    return "CREATE OR REPLACE VIEW v AS SELECT "
        + "(1 + ".repeat(depth)
        + "1"
        + ")".repeat(depth)
        + " a";
  }

  @Test
  void walk_deepExpressions_areReadOrUnproven() throws Exception {
    try (WalkedDatabase database =
        WalkedDatabase.attach(directory.resolve("deep.db"), "BLOCK_SIZE 16384")) {
      database.execute(nested(80));
      database.checkpointAndSum("80 deep");
      // DuckDB needs more than that for it
      onStackOf(
          LARGE_STACK,
          () -> {
            database.execute(nested(450), "CHECKPOINT db");
            return "";
          });
      Object result = onStackOf(SMALL_STACK, database::walk);
      assertThat(result)
          .isInstanceOfSatisfying(
              Unproven.class, told -> assertThat(told.reason()).contains("deep"));
    }
  }

  /** What a transaction still reads is freed late: such blocks are in limbo, or referred to. */
  @Test
  void walk_whileATransactionReads_addsUp() throws Exception {
    int checkpoints = 0;
    int closed = 0;
    long limbo = 0;
    try (WalkedDatabase database =
        WalkedDatabase.attach(directory.resolve("read.db"), "BLOCK_SIZE 16384")) {
      database.execute(
          "CREATE TABLE t AS SELECT x i, hash(x) h FROM range(300000) r(x)", "CHECKPOINT db");
      for (int i = 0; i < 12; i++) {
        try (WalkedDatabase reader = database.another()) {
          reader.execute("BEGIN");
          reader.strings("SELECT sum(h) FROM t");
          for (int j = 0; j < 4; j++) {
            database.execute(
                "DELETE FROM t WHERE i % 97 = " + (4 * i + j),
                "INSERT INTO t SELECT x, hash(x) FROM range(20000) r(x)");
            if (!database.tryToExecute("CHECKPOINT db")) {
              continue;
            }
            Walked walked = (Walked) database.walk();
            BlockSum sum = walked.sum(database.file().readHeaders().active().blockCount());
            assertThat(sum.addsUp()).as(sum.faults()).isTrue();
            checkpoints++;
            closed += sum.closes() ? 1 : 0;
            limbo += sum.limbo().getLongCardinality();
          }
        }
      }
    }
    System.out.printf(
        "WALK beside readers: the sum closed at %d of %d checkpoints, %d blocks in limbo%n",
        closed, checkpoints, limbo);
  }
}
