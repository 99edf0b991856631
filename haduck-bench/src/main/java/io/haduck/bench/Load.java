package io.haduck.bench;

import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A large load in a hundred commits, without a checkpoint before its end: next to the same without
 * haduck, and next to bare PUTs of as many bytes as haduck sends. What a commit costs must not grow
 * with what was loaded before it.
 */
final class Load implements Scenario {
  private static final int COMMITS = 100;

  @Override
  public void run(Workspace workspace) throws Exception {
    long bytes = workspace.options().megabytes() * 1_000_000;
    long plainNanos;
    Path plain = workspace.file("plain.duckdb");
    try (Subject subject = Subject.plain(plain)) {
      plainNanos = load(workspace, subject, bytes, null);
    }
    Subject.delete(plain);
    Path database = workspace.file("loaded.duckdb");
    var store = new CountingStore(workspace.openStore("loaded"));
    long loadedNanos;
    long syncedNanos;
    long checkpointNanos;
    long sent;
    long puts;
    try (Subject subject = Subject.replicated(database, store)) {
      long begun = System.nanoTime();
      loadedNanos = load(workspace, subject, bytes, store);
      subject.awaitReplica();
      syncedNanos = System.nanoTime() - begun;
      sent = store.putBytes();
      puts = store.puts();
      checkpointNanos = subject.checkpoint().replicationNanos();
      workspace
          .out()
          .printf(
              Locale.ROOT,
              "the CHECKPOINT afterwards: %.2f s until the store had it, %s sent for it%n",
              checkpointNanos / 1e9,
              Measures.bytes(store.putBytes() - sent));
    }
    long bareNanos;
    try (ObjectStore bare = workspace.openStore("bare")) {
      var parts = Bare.noise(Math.min(sent, 512L << 20));
      long begun = System.nanoTime();
      Bare.put(bare, parts);
      bareNanos =
          (long) ((System.nanoTime() - begun) * ((double) sent / Math.min(sent, 512L << 20)));
    }
    workspace
        .out()
        .printf(
            Locale.ROOT,
            "%d commits; %s in %,d PUTs%n"
                + "  plain DuckDB                                  %8.2f s%n"
                + "  with haduck, until the last commit returned   %8.2f s  (%.2f x plain)%n"
                + "  with haduck, until the store had everything   %8.2f s  (%.2f x plain)%n"
                + "  bare PUTs of as many bytes                    %8.2f s  (haduck %.2f x)%n",
            COMMITS,
            Measures.bytes(sent),
            puts,
            plainNanos / 1e9,
            loadedNanos / 1e9,
            (double) loadedNanos / plainNanos,
            syncedNanos / 1e9,
            (double) syncedNanos / plainNanos,
            bareNanos / 1e9,
            (double) syncedNanos / bareNanos);
  }

  private static long load(
      Workspace workspace, Subject subject, long bytes, @Nullable CountingStore store)
      throws Exception {
    Orders orders = Orders.create(subject.connection());
    long rows = Math.max(COMMITS, bytes / 36);
    long begun = System.nanoTime();
    long quarter = begun;
    for (int commit = 1; commit <= COMMITS; commit++) {
      orders.insert(rows / COMMITS);
      if (store != null) {
        subject.changed();
      }
      if (commit % (COMMITS / 4) == 0) {
        long now = System.nanoTime();
        workspace
            .out()
            .printf(
                Locale.ROOT,
                "  %s, commits up to %d: %.2f s%n",
                store == null ? "plain" : "haduck",
                commit,
                (now - quarter) / 1e9);
        quarter = now;
      }
    }
    return System.nanoTime() - begun;
  }
}
