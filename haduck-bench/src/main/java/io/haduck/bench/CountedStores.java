package io.haduck.bench;

import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Opens {@code counted://who/directory}: a replica in a directory whose requests are counted for
 * whoever is named. Each call of a store is one request to S3, but for lists of more than 1,000.
 * For {@link java.util.ServiceLoader}.
 */
public final class CountedStores implements ObjectStoreProvider {
  private static final Map<String, Map<Operation, LongAdder>> COUNTS = new ConcurrentHashMap<>();

  /** For {@link java.util.ServiceLoader}. */
  public CountedStores() {}

  @Override
  public String scheme() {
    return "counted";
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    Map<Operation, LongAdder> counts = counts(location.bucket());
    return new FaultInjectingStore(new FileObjectStore(Path.of("/" + location.path())), 1)
        .named(location.toString())
        .beforeCall((operation, key) -> adder(counts, operation).increment());
  }

  private static Map<Operation, LongAdder> counts(String who) {
    return COUNTS.computeIfAbsent(who, unknown -> new ConcurrentHashMap<>());
  }

  private static LongAdder adder(Map<Operation, LongAdder> counts, Operation operation) {
    return counts.computeIfAbsent(operation, unknown -> new LongAdder());
  }

  /** What somebody has asked so far. */
  static Map<Operation, Long> requests(String who) {
    var requests = new EnumMap<Operation, Long>(Operation.class);
    counts(who).forEach((operation, count) -> requests.put(operation, count.sum()));
    return requests;
  }
}
