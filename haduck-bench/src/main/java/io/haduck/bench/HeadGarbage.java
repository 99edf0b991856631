package io.haduck.bench;

import io.haduck.core.HeadShare;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Small changes again and again: how much garbage is in the objects that the log's head refers to,
 * with and without compaction, and what compaction sends.
 */
final class HeadGarbage implements Scenario {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int CHANGES_A_ROUND = 20;
  private static final long[] SPEEDS = {37, 53, 71};

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    var compacts = new AtomicBoolean();
    try (ObjectStore store = workspace.openStore("orders");
        Subject subject =
            Subject.replicated(database, workspace.openStore("orders"), compacts::get)) {
      Orders orders = Orders.create(subject.connection());
      orders.growTo(options.megabytes() * 1_000_000);
      subject.checkpoint();
      print(workspace, store, "after the first checkpoint");
      int round = 1;
      long sent = 0;
      for (int i = 0; i < options.rounds() * CHANGES_A_ROUND; i++) {
        sent += change(options, subject, orders, round++);
      }
      print(workspace, store, round - 1 + " changes, " + Measures.bytes(sent) + " sent");
      compacts.set(true);
      sent = change(options, subject, orders, round++);
      awaitRest(subject);
      print(workspace, store, "compacted, " + moved(subject) + " moved");
      long movedBefore = movedBytes(subject);
      for (int i = 0; i < options.rounds() * CHANGES_A_ROUND; i++) {
        sent += change(options, subject, orders, round++);
      }
      awaitRest(subject);
      print(
          workspace,
          store,
          options.rounds() * CHANGES_A_ROUND
              + " more changes, "
              + Measures.bytes(sent)
              + " sent by them and "
              + Measures.bytes(movedBytes(subject) - movedBefore)
              + " by compaction");
    }
  }

  /**
   * A few rows of each of three columns, in ranges that wander at different speeds, so that what
   * was written together is not replaced together.
   */
  private static long change(Options options, Subject subject, Orders orders, int round)
      throws Exception {
    orders.insert(options.inserts() / 10);
    int speed = 0;
    for (Options.Column column : Options.Column.values()) {
      long from = round * SPEEDS[speed++] % 100 * orders.rows() / 100;
      subject.execute(
          "UPDATE orders SET "
              + column.assignment(round)
              + " WHERE id BETWEEN "
              + from
              + " AND "
              + (from + options.updates()));
    }
    return subject.checkpoint().receipt().bytes();
  }

  private static long movedBytes(Subject subject) {
    HeadShare share = subject.headShare();
    return share == null ? 0 : share.movedBytes();
  }

  private static String moved(Subject subject) {
    return Measures.bytes(movedBytes(subject));
  }

  /** Waits until nothing has been moved for a while. */
  private static void awaitRest(Subject subject) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long moved = -1;
    for (int same = 0; same < 5 && System.nanoTime() < end; ) {
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      same = moved == movedBytes(subject) ? same + 1 : 0;
      moved = movedBytes(subject);
    }
  }

  private static void print(Workspace workspace, ObjectStore store, String when) {
    workspace.out().printf("%s: objects of %.2f times what is needed%n", when, share(store));
  }

  private static double share(ObjectStore store) {
    LogState head = new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
    Map<String, Long> lengths = new HashMap<>();
    for (String prefix : List.of(LogKeys.CHANGESETS, LogKeys.SEGMENTS)) {
      String last = "";
      for (boolean more = true; more; ) {
        Listing page = store.list(prefix, last);
        for (Listing.Entry entry : page.objects()) {
          lengths.put(entry.key(), entry.length());
          last = entry.key();
        }
        more = page.truncated();
      }
    }
    double all = 0;
    double needed = 0;
    for (LiveObject object : LiveObjects.of(head)) {
      all += lengths.getOrDefault(object.key(), object.bytes());
      needed += object.bytes();
    }
    return all / needed;
  }
}
