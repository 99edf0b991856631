package io.haduck.core.lease;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.Ticker;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.lease.Participant.FileKey;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A store in a directory, and machines with clocks that a test moves. For one thread. */
final class LeaseWorld {
  static final Duration TTL = Duration.ofSeconds(15);

  final FaultInjectingStore store;
  final Random random;

  /** Of the log. */
  long head = 1;

  private final List<Machine> machines = new ArrayList<>();

  LeaseWorld(Path directory) {
    this(directory, Long.getLong("haduck.seed", System.nanoTime()));
  }

  LeaseWorld(Path directory, long seed) {
    LoggerFactory.getLogger(LeaseWorld.class).info("haduck.seed={}", seed);
    random = new Random(seed);
    store = new FaultInjectingStore(new FileObjectStore(directory.resolve("replica")), seed);
  }

  /** Where files cost little, if there is such a place. */
  static Path inMemory(Path otherwise) throws IOException {
    Path shared = Path.of("/dev/shm");
    return Files.isWritable(shared)
        ? Files.createTempDirectory(shared, "haduck-lease-")
        : otherwise;
  }

  Machine machine(String name) {
    var machine = new Machine(name);
    machines.add(machine);
    return machine;
  }

  void pass(Duration time) {
    for (Machine machine : machines) {
      if (machine.suspended) {
        machine.wasSuspended(time);
      } else {
        machine.pass(time.toNanos());
      }
    }
  }

  /** The object, without faults and counts. */
  Seen lease() {
    return Objects.requireNonNull(new LeaseObject(store.wrapped()).read());
  }

  LeaseRecord record() {
    return lease().record();
  }

  long writes() {
    return store.calls(FaultInjectingStore.Operation.PUT_IF_ABSENT)
        + store.calls(FaultInjectingStore.Operation.PUT_IF_MATCH)
        + store.calls(FaultInjectingStore.Operation.PUT);
  }

  /** Clocks, and the one process that runs there. */
  final class Machine implements Ticker {
    final String name;
    long nanos = random.nextLong() >> 8;
    long wallMillis = Instant.parse("2026-11-30T12:00:00Z").toEpochMilli() + random.nextInt();
    Participant self;

    /** Whether its monotonic clock stands still while time passes. */
    boolean suspended;

    Machine(String name) {
      this.name = name;
      this.self = process();
    }

    /** Another process in the same place. */
    Participant process() {
      long number = name.hashCode();
      return new Participant(
          Participant.token(random),
          name,
          "host-" + name,
          "boot-" + name,
          new FileKey(7, number),
          new FileKey(7, number + 1));
    }

    void restart() {
      self = process();
    }

    @Override
    public long nanos() {
      return nanos;
    }

    private long rest;

    void pass(long time) {
      nanos += time;
      rest += time;
      wallMillis += rest / 1_000_000;
      rest %= 1_000_000;
    }

    /** As a virtual machine whose monotonic clock knows nothing of it. */
    void wasSuspended(Duration time) {
      wallMillis += time.toMillis();
    }

    Surroundings surroundings() {
      return Surroundings.of(
          store,
          this,
          () -> Instant.ofEpochMilli(wallMillis),
          random,
          time -> LeaseWorld.this.pass(Duration.ofNanos(time)));
    }

    Contender opener(Duration ttl) {
      return Contender.opening(surroundings(), self, LeaseOptions.of(ttl), () -> head);
    }

    Contender opener() {
      return opener(TTL);
    }

    Contender standby() {
      return Contender.standby(surroundings(), self, LeaseOptions.of(TTL), () -> head);
    }

    /** Takes a lease that is free. */
    LeaseKeeper holder(Owner owner) {
      return Objects.requireNonNull(opener().lookAtOnce(owner), "it is not free");
    }
  }

  /** A writer that does as the test says, and remembers what it was told. */
  static final class Owner implements LeaseOwner {
    boolean canAppend = true;
    boolean intact = true;
    @Nullable String refusal;
    final List<String> told = new ArrayList<>();

    @Override
    public boolean canAppend() {
      return canAppend;
    }

    @Override
    public boolean historyIntact() {
      return intact;
    }

    @Override
    public Optional<String> refusal(LeaseRecord.Request request) {
      return Optional.ofNullable(refusal);
    }

    @Override
    public void confirmed() {
      told.add("confirmed");
    }

    @Override
    public void unconfirmed(String why) {
      told.add("unconfirmed: " + why);
    }

    @Override
    public void historyDoubted(DivergedException why) {
      told.add("doubted: " + why.getMessage());
    }

    @Override
    public void fenced(FencedException evidence) {
      told.add("fenced: " + evidence.getMessage());
    }
  }
}
