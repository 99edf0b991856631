package io.haduck.testing;

import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.splitbrain.MemoryReplica;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Nested;

/**
 * A store that is wrapped is as good as it was. Its time is aged everywhere, by the system's clock,
 * since that of a store in memory stands still.
 */
class WrappedStoresTest {

  /** Stores in memory. */
  abstract static class InMemory extends ObjectStoreContract {
    private final Map<String, ObjectStore> stores = new ConcurrentHashMap<>();

    /** The store of a name, which keeps its objects. */
    final ObjectStore memory(String name) {
      return stores.computeIfAbsent(
          name,
          any ->
              new AgedStore(
                  new MemoryReplica(), new AgedStore.Times(InstantSource.system(), Duration.ZERO)));
    }
  }

  @Nested
  class Aged extends InMemory {
    @Override
    protected ObjectStore openStore(String name) {
      return memory(name);
    }
  }

  @Nested
  class Counting extends InMemory {
    @Override
    protected ObjectStore openStore(String name) {
      return new CountingStore(memory(name));
    }
  }

  @Nested
  class WithoutFaults extends InMemory {
    @Override
    protected ObjectStore openStore(String name) {
      return new FaultInjectingStore(memory(name), 1);
    }
  }
}
