package io.haduck.jdbc;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.internal.FaultyProxy;
import io.haduck.testing.internal.FaultyProxy.Fault;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The store of {@link SplitBrainProcessesTest}. Its processes reach a server by a proxy that sets
 * its clock and spoils requests, answers or both; a directory they reach as it is.
 */
final class SplitBrainStore implements AutoCloseable {
  /** A server that differs by a quarter of an hour refuses every signature. */
  private static final int FURTHEST_SECONDS = 14 * 60;

  private final CrashStore direct;
  private final @Nullable FaultyProxy proxy;
  private final Random random;
  private final Map<Fault, Double> rates = new EnumMap<>(Fault.class);
  private int clocksSet;

  SplitBrainStore(CrashStore direct, Random random) throws IOException {
    this.direct = direct;
    this.random = random;
    String endpoint = direct.settings().get("s3.endpoint");
    this.proxy =
        endpoint == null
            ? null
            : new FaultyProxy(URI.create(endpoint), random.nextLong())
                .maxDelay(Duration.ofMillis(2_500))
                .stall(Duration.ofSeconds(3));
  }

  /** What follows the path in a URL of one of its processes. */
  String options() {
    return proxy == null
        ? direct.options()
        : new CrashStore(direct.location(), proxy.settings(direct.settings())).options();
  }

  /** Opens what all share, without the proxy. */
  ObjectStore open() {
    return ObjectStoreProvider.openStore(
        ReplicaLocation.parse(direct.location()).resolve(CrashStore.NAME), direct.settings());
  }

  /** Begins with some faults; in a third of the rounds with none. */
  void worsen() {
    rates.clear();
    if (proxy != null && random.nextInt(3) > 0) {
      Stream.of(
              Fault.RESET_REQUEST,
              Fault.LOST_RESPONSE,
              Fault.LATE,
              Fault.DELAY,
              Fault.STALL,
              Fault.ERROR,
              Fault.ERROR_AFTER,
              Fault.DUPLICATE)
          .filter(fault -> random.nextBoolean())
          .forEach(fault -> rates.put(fault, 0.01 + random.nextDouble() * 0.06));
    }
    if (proxy != null) {
      rates.forEach(proxy::rate);
    }
  }

  /**
   * Sets the clock forward, back, right, or to three that do not agree, or leaves it.
   *
   * @return what it did, for the failure of a test
   */
  String setClock() {
    if (proxy == null || random.nextInt(4) == 0) {
      return "";
    }
    var ahead = new Duration[random.nextInt(3) == 0 ? 3 : 1];
    for (int i = 0; i < ahead.length; i++) {
      ahead[i] =
          switch (random.nextInt(4)) {
            case 0 -> Duration.ZERO;
            case 1 -> Duration.ofSeconds(random.nextInt(61) - 30);
            default ->
                Duration.ofSeconds(random.nextInt(2 * FURTHEST_SECONDS + 1) - FURTHEST_SECONDS);
          };
    }
    proxy.clocks(ahead);
    clocksSet++;
    return "clock " + List.of(ahead) + ", ";
  }

  /** From now on no request arrives before {@link #arrive}; whoever sent it is told nothing. */
  void holdBack() {
    if (proxy != null) {
      proxy.holdLate(true);
      proxy.rate(Fault.LATE, 1);
    }
  }

  /** Requests arrive again, those that are held back excepted. */
  void holdNoMore() {
    if (proxy != null) {
      proxy.rate(Fault.LATE, rates.getOrDefault(Fault.LATE, 0.0));
    }
  }

  /** What was held back arrives. */
  void arrive() {
    if (proxy != null) {
      proxy.holdLate(false);
      proxy.deliverLate();
    }
  }

  /** Ends the faults; the clock stays as it is. */
  void clearUp() throws IOException {
    rates.clear();
    if (proxy != null) {
      proxy.heal();
    }
    arrive();
  }

  @Override
  public String toString() {
    return direct.location()
        + (proxy == null ? "" : " with its clock set " + clocksSet + " times by a " + proxy);
  }

  @Override
  public void close() throws IOException {
    if (proxy != null) {
      proxy.close();
    }
  }
}
