package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.internal.AppendStorm;
import io.haduck.testing.internal.FaultyProxy;
import io.haduck.testing.internal.FaultyProxy.Fault;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An {@link AppendStorm} on a real server behind a proxy that spoils three requests of ten. More by
 * {@code -Dhaduck.commits=5000}; {@code -Dhaduck.seed=…} repeats.
 */
final class StormThroughProxy {
  private static final int WRITERS = 3;

  private StormThroughProxy() {}

  /**
   * A storm at {@code s3://bucket/storm-{seed}}.
   *
   * @param settings that reach the server directly
   */
  static void run(String bucket, Map<String, String> settings) throws Exception {
    long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
    System.out.println("storm with -Dhaduck.seed=" + seed);
    var location = new ReplicaLocation("s3", bucket, "storm-" + seed);
    var provider = new S3ObjectStoreProvider();
    var storm = new AppendStorm(seed, Integer.getInteger("haduck.commits", 120));
    List<ObjectStore> stores = new ArrayList<>();
    try (var proxy = new FaultyProxy(URI.create(settings.get("s3.endpoint")), seed)) {
      spoil(proxy);
      for (int writer = 0; writer < WRITERS; writer++) {
        stores.add(provider.open(location, proxy.settings(settings)));
      }
      storm.run(stores);
      proxy.heal();
      proxy.deliverLate();
      System.out.println(storm + " at " + settings.get("s3.endpoint") + "; " + proxy);
      assertThat(proxy.faults(Fault.LOST_RESPONSE)).isPositive();
      assertThat(proxy.faults(Fault.LATE)).isPositive();
    } finally {
      stores.forEach(ObjectStore::close);
    }
    try (ObjectStore plain = provider.open(location, settings)) {
      storm.verify(plain);
    }
  }

  /** Three requests of ten go wrong. */
  private static void spoil(FaultyProxy proxy) {
    proxy
        .rate(Fault.RESET_REQUEST, 0.04)
        .rate(Fault.LOST_RESPONSE, 0.05)
        .rate(Fault.LATE, 0.04)
        .rate(Fault.DELAY, 0.05)
        .rate(Fault.STALL, 0.01)
        .rate(Fault.TRUNCATED_RESPONSE, 0.04)
        .rate(Fault.THROTTLED, 0.02)
        .rate(Fault.ERROR, 0.04)
        .rate(Fault.ERROR_AFTER, 0.04)
        .rate(Fault.DUPLICATE, 0.04);
  }
}
