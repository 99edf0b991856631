package io.haduck.jdbc;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Stores at which three calls of ten go wrong, and which are gone for some seconds now and then:
 * {@code unreliable-file://local/directory} and {@code unreliable-s3://bucket/prefix}.
 */
final class UnreliableStores {
  private UnreliableStores() {}

  /** A faulty directory. */
  public static final class OnFiles implements ObjectStoreProvider {
    @Override
    public String scheme() {
      return "unreliable-file";
    }

    @Override
    public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
      return faulty(wrapped(location), Map.of());
    }
  }

  /** A faulty bucket. */
  public static final class OnS3 implements ObjectStoreProvider {
    @Override
    public String scheme() {
      return "unreliable-s3";
    }

    @Override
    public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
      return faulty(wrapped(location), settings);
    }
  }

  /** The same place without faults. */
  static ReplicaLocation wrapped(ReplicaLocation location) {
    return switch (location.scheme()) {
      case "unreliable-file" -> new ReplicaLocation("file", "", "/" + location.path());
      case "unreliable-s3" -> new ReplicaLocation("s3", location.bucket(), location.path());
      default -> location;
    };
  }

  private static ObjectStore faulty(ReplicaLocation location, Map<String, String> settings) {
    var random = new Random();
    long seed = random.nextInt(1_000_000);
    System.out.println("faults with seed " + seed);
    var store =
        new FaultInjectingStore(ObjectStoreProvider.openStore(location, settings), seed)
            .named("unreliable-" + location);
    store
        .rate(Fault.ERROR_BEFORE, 0.1)
        .rate(Fault.LOST_RESPONSE, 0.1)
        .rate(Fault.LATE, 0.05)
        .rate(Fault.DUPLICATE, 0.05)
        .rate(Fault.SHORT_READ, 0.05)
        .rate(Fault.DELAY, 0.1)
        .maxDelay(Duration.ofMillis(50));
    var outages =
        new Thread(
            () -> {
              while (true) {
                pass(2000 + random.nextInt(6000));
                store.outage(true);
                pass(500 + random.nextInt(4000));
                store.outage(false);
              }
            },
            "outages");
    outages.setDaemon(true);
    outages.start();
    return store;
  }

  private static void pass(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
