package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.FaultyProxy;
import io.haduck.testing.internal.FaultyProxy.Fault;
import io.haduck.testing.internal.Workload;
import io.haduck.testing.internal.WorkloadCheck;
import io.haduck.testing.internal.WorkloadShape;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real database with {@code durability=commit} on a real server behind a proxy that spoils three
 * requests of ten: what was acknowledged is restored, and so is every state in between.
 *
 * <p>More by {@code -Dhaduck.commits=5000}; {@code -Dhaduck.seed=…} repeats. A server of your own
 * joins as in {@link CrashTest}.
 */
@Timeout(3600)
final class ProxiedStormTest {
  private static final int WRITERS = 3;
  private static final int STATES = 8;

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  @Test
  void commits_throughAFaultyProxyBeforeS3Proxy_areAllThere() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      storm("s3://" + EmbeddedS3.BUCKET + "/storm", s3.settings());
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void commits_throughAFaultyProxyBeforeAnotherServer_areAllThere() throws Exception {
    storm(
        "s3://" + System.getProperty("haduck.crash.bucket") + "/storm-" + System.nanoTime(),
        Map.of(
            "s3.endpoint",
            System.getProperty("haduck.crash.endpoint"),
            "s3.access_key",
            System.getProperty("haduck.crash.access_key"),
            "s3.secret_key",
            System.getProperty("haduck.crash.secret_key")));
  }

  private void storm(String replica, Map<String, String> settings) throws Exception {
    System.out.println("storm with -Dhaduck.seed=" + seed);
    var acknowledged = new AtomicLongArray(WRITERS);
    try (var proxy = new FaultyProxy(URI.create(settings.get("s3.endpoint")), seed)) {
      var url =
          new StringBuilder("jdbc:haduck:" + directory.resolve("my.duckdb"))
              .append(";haduck.replica=" + replica)
              .append(";haduck.durability=commit;haduck.sync_timeout=60s");
      proxy.settings(settings).forEach((key, value) -> url.append(";haduck." + key + "=" + value));
      try (Connection connection = DriverManager.getConnection(url.toString())) {
        Workload.prepare(connection, WRITERS);
        spoil(proxy);
        var workload =
            new Workload(
                () -> DriverManager.getConnection(url.toString()),
                new WorkloadShape(WRITERS, true, true, 60),
                seed,
                acknowledged::set,
                e -> e instanceof ReplicationPendingException);
        workload.run(Integer.getInteger("haduck.commits", 120) / WRITERS);
        var status = Haduck.status(connection).replication().orElseThrow();
        System.out.println(
            replica
                + ", seed "
                + seed
                + ": "
                + workload
                + ", log at seq "
                + status.seq()
                + "; "
                + proxy);
        assertThat(proxy.faults(Fault.LOST_RESPONSE)).isPositive();
        // While the database is still open: what was acknowledged is there, not what closing sends.
        verify(replica, settings, acknowledged);
        proxy.heal();
      }
      Haduck.shutdown();
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
        .rate(Fault.TRUNCATED_RESPONSE, 0.03)
        .rate(Fault.THROTTLED, 0.02)
        .rate(Fault.ERROR, 0.04)
        .rate(Fault.ERROR_AFTER, 0.04)
        .rate(Fault.DUPLICATE, 0.04);
  }

  private void verify(String replica, Map<String, String> settings, AtomicLongArray acknowledged)
      throws Exception {
    var location = ReplicaLocation.parse(replica).resolve("my.duckdb");
    var all = new long[WRITERS];
    for (int writer = 0; writer < WRITERS; writer++) {
      all[writer] = acknowledged.get(writer);
    }
    try (ObjectStore objects = ObjectStoreProvider.openStore(location, settings)) {
      long head =
          new ReplicationLog(objects).loadLatest(LoadProgress.NONE).orElseThrow().position().seq();
      for (int state = 1; state <= STATES; state++) {
        long seq = Math.max(1, head * state / STATES);
        Path file = directory.resolve("restored-" + seq + ".duckdb");
        var request = RestoreRequest.latest(objects, file);
        Restorer.create().restore(seq == head ? request : request.at(new RestoreTarget.AtSeq(seq)));
        try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
          assertThat(WorkloadCheck.violations(plain, seq == head ? all : new long[WRITERS]))
              .as("seed %d, seq %d of %d", seed, seq, head)
              .isEmpty();
        }
      }
    }
  }
}
