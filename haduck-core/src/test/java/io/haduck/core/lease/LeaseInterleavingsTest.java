package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.FencedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit.Confirmed;
import io.haduck.core.lease.LeaseWorld.Machine;
import io.haduck.core.lease.LeaseWorld.Owner;
import io.haduck.testing.FaultInjectingStore.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that hold the lease, want it, stand still, are suspended, die and come back, over a
 * store that loses answers and lets writes arrive late, in a random order of steps. At every moment
 * at most one of them is confirmed, and when only one is left alive, it gets the lease.
 */
final class LeaseInterleavingsTest {
  private static final int HISTORIES = Integer.getInteger("haduck.histories", 60);
  private static final int STEPS = 300;

  @TempDir Path otherwise;

  /** One of the processes. */
  private static final class Actor {
    private final Machine machine;
    private final Random random;
    private final Owner owner = new Owner();
    private Contender contender;
    private @Nullable LeaseKeeper keeper;
    private int standsStill;

    private Actor(Machine machine, Random random) {
      this.machine = machine;
      this.random = random;
      this.contender = contender();
    }

    private Contender contender() {
      return random.nextBoolean() ? machine.opener() : machine.standby();
    }

    private void crash() {
      machine.restart();
      keeper = null;
      contender = contender();
    }

    private boolean isConfirmed() {
      LeaseKeeper now = keeper;
      return !machine.suspended && now != null && now.ask() instanceof Confirmed;
    }

    private void act() {
      LeaseKeeper now = keeper;
      owner.canAppend = random.nextInt(8) > 0;
      if (now == null) {
        keeper = contender.lookAtOnce(owner);
        return;
      }
      try {
        switch (random.nextInt(20)) {
          case 0 -> now.rest();
          case 1 -> now.use();
          case 2 -> now.leave(random.nextBoolean() ? null : "b", Duration.ofSeconds(1));
          case 3 -> now.appended(machine.self);
          default -> now.step();
        }
      } catch (FencedException e) {
        crash();
      } catch (UnavailableException e) {
        // it is not known for now
      }
      assertThat(owner.told).as("there are no clones").noneMatch(it -> it.contains("a copy of"));
      if (now.step() == Long.MAX_VALUE && random.nextInt(4) == 0) {
        crash();
      }
    }
  }

  /** Of one history. */
  private static final class Run {
    private final LeaseWorld world;
    private final List<Actor> processes = new ArrayList<>();
    private int holdings;
    private boolean deleted;

    private Run(Path directory, long seed) {
      world = new LeaseWorld(directory, seed);
      world.head = 0;
      for (String name : List.of("a", "b", "c")) {
        processes.add(new Actor(world.machine(name), world.random));
      }
      world
          .store
          .beforeCall((operation, key) -> takeTime())
          .afterCall((operation, key) -> takeTime());
    }

    private void takeTime() {
      if (world.random.nextInt(5) == 0) {
        world.pass(Duration.ofMillis(world.random.nextInt(2_000)));
      }
    }

    private void step() {
      Random random = world.random;
      world.pass(Duration.ofMillis(random.nextInt(random.nextInt(10) == 0 ? 20_000 : 2_500)));
      for (Actor process : processes) {
        if (process.standsStill > 0 && --process.standsStill == 0) {
          process.machine.suspended = false;
        }
      }
      requireOne("after time passed");
      Actor process = processes.get(random.nextInt(processes.size()));
      if (process.standsStill > 0) {
        return;
      }
      int what = random.nextInt(60);
      if (what == 0) {
        process.crash();
      } else if (what < 3) {
        process.standsStill = 1 + random.nextInt(20);
      } else if (what == 3) {
        process.standsStill = 1 + random.nextInt(20);
        process.machine.suspended = true;
      } else if (what == 4 && world.head > 0 && !deleted) {
        deleted = true; // once: nobody sees an object that comes and goes between two looks
        world.store.wrapped().deleteAll(List.of(LeaseObject.KEY));
      } else if (what == 5) {
        world.store.outage(random.nextBoolean());
      } else {
        LeaseKeeper before = process.keeper;
        process.act();
        holdings += before == null && process.keeper != null ? 1 : 0;
        if (process.isConfirmed() && random.nextInt(3) == 0) {
          world.head++;
        }
      }
      requireOne("after " + process.machine.name + " did " + what);
    }

    private void requireOne(String when) {
      List<String> confirmed =
          processes.stream()
              .filter(Actor::isConfirmed)
              .map(process -> process.machine.name)
              .toList();
      assertThat(confirmed).as(when).hasSizeLessThanOrEqualTo(1);
    }

    private void requireThatTheLastOneGetsIt() {
      world.store.heal();
      processes.forEach(process -> process.machine.suspended = false);
      Actor last = processes.get(world.random.nextInt(processes.size()));
      if (last.keeper != null) {
        last.crash();
      }
      last.owner.canAppend = true;
      world.store.deliverLate();
      Duration waited = Duration.ZERO;
      while (last.keeper == null) {
        last.keeper = last.contender.lookAtOnce(last.owner);
        assertThat(waited).isLessThan(LeaseWorld.TTL.multipliedBy(4));
        Duration pause = last.contender.untilNextLook();
        world.pass(pause);
        waited = waited.plus(pause);
      }
      last.keeper.step();
      assertThat(last.isConfirmed()).isTrue();
    }
  }

  @Test
  void atMostOne_isConfirmed_andTheLastOneAliveGetsTheLease() throws IOException {
    Path base = LeaseWorld.inMemory(otherwise);
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    int holdings = 0;
    try {
      for (int i = 0; i < HISTORIES; i++) {
        var run = new Run(Files.createDirectory(base.resolve("history-" + i)), seed + i);
        run.world
            .store
            .rate(Fault.LOST_RESPONSE, 0.06)
            .rate(Fault.ERROR_BEFORE, 0.05)
            .rate(Fault.LATE, 0.05)
            .rate(Fault.DUPLICATE, 0.04);
        try {
          for (int step = 0; step < STEPS; step++) {
            run.step();
          }
          run.requireThatTheLastOneGetsIt();
        } catch (AssertionError e) {
          throw new AssertionError(
              "haduck.seed=" + (seed + i) + " haduck.histories=1: " + e.getMessage(), e);
        }
        holdings += run.holdings;
      }
    } finally {
      delete(base);
    }
    assertThat(holdings).as("holdings of " + HISTORIES + " histories").isGreaterThan(2 * HISTORIES);
    System.out.println(
        "LEASES " + HISTORIES + " histories, " + holdings + " holdings, seed " + seed);
  }

  private void delete(Path base) throws IOException {
    if (!base.equals(otherwise)) {
      try (Stream<Path> all = Files.walk(base)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      } catch (UncheckedIOException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
