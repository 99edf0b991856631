package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database far larger than the heap. Its size: {@code -Dhaduck.megabytes=3000}. */
@Tag("slow")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class LargeDatabaseTest {
  @TempDir Path directory;

  @Test
  void captureAndRestore_needLittleHeap() throws Exception {
    String megabytes = String.valueOf(Integer.getInteger("haduck.megabytes", 3000));
    try (var child =
        ChildJvm.start("-Xmx256m", Replicating.class, directory.toString(), megabytes)) {
      String output = String.join("\n", child.join());
      System.out.println(output);
      assertThat(output).contains("EQUAL");
    }
  }

  /** Writes that much, captures it, restores it, compares. */
  static final class Replicating {
    public static void main(String[] arguments) throws Exception {
      long rows = Long.parseLong(arguments[1]) * 1_000_000 / 40;
      try (var database =
          ReplicatedDatabase.in(Path.of(arguments[0])).withUrlOptions(";memory_limit=1GB")) {
        database.open();
        database.execute("CREATE TABLE t(a UBIGINT, b UBIGINT, c UBIGINT, d UBIGINT, e UBIGINT)");
        long begun = System.nanoTime();
        for (long from = 0; from < rows; from += 5_000_000) {
          long to = Math.min(rows, from + 5_000_000);
          database.execute(
              "INSERT INTO t SELECT hash(range), hash(range + 1e10), hash(range + 2e10), hash(range + 3e10),"
                  + " hash(range + 4e10) FROM range("
                  + from
                  + ", "
                  + to
                  + ")");
        }
        database.execute("CHECKPOINT");
        say("written", begun);
        begun = System.nanoTime();
        database.awaitInSync(600);
        say("in sync", begun);
        begun = System.nanoTime();
        database.execute("INSERT INTO t VALUES (1, 2, 3, 4, 5)");
        System.out.println(database.checkpoint());
        say("a small change sent", begun);
        System.out.println("file: " + (Files.size(database.file()) >> 20) + " MiB");
        begun = System.nanoTime();
        String restored = database.restoredContents();
        say("restored and read", begun);
        System.out.println(restored.equals(database.contents()) ? "EQUAL" : "DIFFERENT");
      }
    }

    private static void say(String what, long begun) {
      long heap = 0;
      for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
        heap += pool.getType() == MemoryType.HEAP ? pool.getPeakUsage().getUsed() : 0;
      }
      System.out.println(
          what
              + ": "
              + (System.nanoTime() - begun) / 1_000_000
              + " ms, peak heap at most "
              + (heap >> 20)
              + " MiB");
    }
  }
}
