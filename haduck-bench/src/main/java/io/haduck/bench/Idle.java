package io.haduck.bench;

import io.haduck.testing.CountingStore;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What a replicated database costs at which nobody does anything. */
final class Idle implements Scenario {
  @Override
  public void run(Workspace workspace) throws Exception {
    long seconds = workspace.options().rounds() * 12L * workspace.options().turns() / 8;
    Path database = workspace.file("idle.duckdb");
    var store = new CountingStore(workspace.openStore("idle"));
    try (Subject subject = Subject.replicated(database, store)) {
      Orders.create(subject.connection()).growTo(workspace.options().megabytes() * 100_000);
      subject.checkpoint();
      subject.execute("INSERT INTO orders SELECT * FROM orders LIMIT 10");
      subject.awaitReplica();
      park(2);
      long requests = store.requests();
      long memory = heap();
      Map<Long, Long> processor = processor();
      park(Math.max(1, seconds));
      workspace
          .out()
          .printf(
              Locale.ROOT,
              "%d s with nothing to do: %.1f ms of processor time by haduck's threads, %d requests to the"
                  + " store, heap %+.2f MB%n",
              Math.max(1, seconds),
              used(processor, processor()) / 1e6,
              store.requests() - requests,
              (heap() - memory) / 1e6);
    }
  }

  private static void park(long seconds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long used(Map<Long, Long> before, Map<Long, Long> after) {
    long nanos = 0;
    for (Map.Entry<Long, Long> thread : after.entrySet()) {
      nanos += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return nanos;
  }

  /** Processor time of each thread whose name begins with haduck. */
  private static Map<Long, Long> processor() {
    var threads = ManagementFactory.getThreadMXBean();
    var nanos = new HashMap<Long, Long>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("haduck")) {
        nanos.put(thread.getId(), Math.max(0, threads.getThreadCpuTime(thread.getId())));
      }
    }
    return nanos;
  }
}
