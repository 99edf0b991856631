package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.retention.SweepOptions;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Histories that are swept through a store of whose calls a third fails, in each way: errors, lost
 * answers, writes that arrive later, short reads. More by {@code -Dhaduck.histories=…}.
 */
final class FaultySweepTest {
  private static final Retries RETRIES =
      Retries.of(
          8, () -> new Backoff(Duration.ofNanos(100), Duration.ofNanos(1000), new Random(1)));

  private final int histories = Integer.getInteger("haduck.histories", 4);
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private long swept;
  private int failed;
  private int points;
  private long faults;
  private long deleted;

  @Test
  void sweeps_throughAFaultyStore_loseNothing() {
    System.out.println("faults of -Dhaduck.seed=" + seed + " -Dhaduck.histories=" + histories);
    for (int i = 0; i < histories; i++) {
      new OneHistory(seed + i).run();
    }
    System.out.printf(
        "%d sweeps came to their end, %d did not; %d faults, %d points, %d objects deleted%n",
        swept, failed, faults, points, deleted);
    assertThat(swept).isPositive();
    assertThat(failed).isPositive();
    assertThat(deleted).isGreaterThan(20L * histories);
  }

  /** One of them. */
  private final class OneHistory {
    private final String name;
    private final AttackedLog attacked;
    private final FaultInjectingStore store;
    private final List<StateName> unknown = new ArrayList<>();

    OneHistory(long seed) {
      name = "-Dhaduck.seed=" + seed + " -Dhaduck.histories=1";
      attacked = AttackedLog.grown(seed);
      store = new FaultInjectingStore(attacked.log.memory, seed);
      faulty();
    }

    private void faulty() {
      for (Operation operation : Operation.values()) {
        double rate = operation == Operation.GET_RANGE ? 0.02 : 0.08;
        store
            .rate(operation, Fault.ERROR_BEFORE, rate)
            .rate(operation, Fault.LOST_RESPONSE, rate)
            .rate(operation, Fault.LATE, rate)
            .rate(operation, Fault.DUPLICATE, rate)
            .rate(operation, Fault.SHORT_READ, rate);
      }
    }

    void run() {
      int objects = attacked.log.memory.objects.size();
      for (int i = 0; i < 25; i++) {
        int commits = attacked.random.nextInt(15);
        attacked.commit(commits, 90);
        attacked.log.memory.advance(Duration.ofHours(attacked.random.nextInt(5)));
        switch (attacked.random.nextInt(4)) {
          case 0 -> point("f" + i);
          case 1 -> unpoint();
          default -> sweep();
        }
        if (attacked.random.nextInt(4) == 0) {
          store.deliverLate();
        }
        objects = Math.max(objects, attacked.log.memory.objects.size());
        attacked.requireAll(name + ", step " + i);
      }
      store.heal();
      store.deliverLate();
      attacked.requireCleanAfterTwo(name);
      for (Fault fault : Fault.values()) {
        faults += store.faults(fault);
      }
      deleted += objects - attacked.log.memory.objects.size();
    }

    private void sweep() {
      SweepOptions options =
          attacked.random.nextInt(3) > 0
              ? AttackedLog.OPTIONS
              : AttackedLog.options(attacked.random.nextInt(50), attacked.random.nextInt(20), 2);
      try {
        swept +=
            new Sweep(store, options, RETRIES, Ticker.system(), () -> false).run().stream().count();
      } catch (UnavailableException e) {
        failed++;
      }
    }

    private void point(String id) {
      Names names = new Names(store, new Manifests(store, RETRIES), RETRIES);
      NameRecord point = attacked.point(id, attacked.anyExisting());
      try {
        attacked.told(names.make(point));
        points++;
      } catch (UnavailableException e) {
        unknown.add(point.name());
      } catch (DivergedException e) {
        assertThat(attacked.log.readable().contains(point.position().seq())).as(name).isFalse();
      }
    }

    private void unpoint() {
      if (attacked.told.isEmpty()) {
        return;
      }
      StateName gone = attacked.told.keySet().iterator().next();
      attacked.told.remove(gone);
      try {
        assertThat(new Names(store, new Manifests(store, RETRIES), RETRIES).delete(gone)).isTrue();
      } catch (UnavailableException e) {
        unknown.add(gone);
      }
    }
  }
}
