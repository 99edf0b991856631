package io.haduck.core.internal.metadata;

import com.sun.management.ThreadMXBean;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints how long a walk takes. {@code -Dhaduck.tables=10,1000,10000} says at how many tables; each
 * has four columns, an index and some rows.
 */
@Tag("slow")
final class WalkTimeTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int WALKS = 7;

  @TempDir Path directory;

  @Test
  void walk_manyTables_takesThisLong() throws Exception {
    for (String count : System.getProperty("haduck.tables", "10,1000").split(",", -1)) {
      int tables = Integer.parseInt(count);
      try (WalkedDatabase database = WalkedDatabase.attach(directory.resolve(tables + ".db"), "")) {
        database.execute("BEGIN");
        for (int i = 0; i < tables; i++) {
          database.execute(
              "CREATE TABLE t"
                  + i
                  + " (a BIGINT PRIMARY KEY, b VARCHAR, c DOUBLE DEFAULT 1.5, d INTEGER[])",
              "INSERT INTO t" + i + " SELECT x, 's' || x, x, [x::INTEGER] FROM range(20) r(x)");
        }
        database.execute("COMMIT");
        print(tables, database);
      }
    }
  }

  private static void print(int tables, WalkedDatabase database) throws Exception {
    Walked walked = database.checkpoint(tables + " tables");
    boolean closes = walked.sum(database.file().readHeaders().active().blockCount()).closes();
    double[] millis = new double[WALKS];
    double[] cpuMillis = new double[WALKS];
    long allocated = 0;
    for (int i = 0; i < WALKS; i++) {
      long self = Thread.currentThread().getId();
      long before = THREADS.getThreadAllocatedBytes(self);
      long begun = System.nanoTime();
      long cpu = THREADS.getCurrentThreadCpuTime();
      database.walk();
      millis[i] = (System.nanoTime() - begun) / 1e6;
      cpuMillis[i] = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e6;
      allocated = THREADS.getThreadAllocatedBytes(self) - before;
    }
    Arrays.sort(millis);
    Arrays.sort(cpuMillis);
    System.out.printf(
        "WALK time: %d tables, median %.1f ms, at most %.1f, of the processor %.1f, %,d bytes of metadata in %d blocks, %,d bytes allocated,"
            + " the sum closes: %s%n",
        tables,
        millis[WALKS / 2],
        millis[WALKS - 1],
        cpuMillis[WALKS / 2],
        walked.metadataBytes(),
        walked.lists().metadata().getCardinality(),
        allocated,
        closes);
  }
}
