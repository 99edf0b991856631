package io.haduck.testing;

import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.splitbrain.MemoryReplica;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** A store that is wrapped is as good as it was. */
class WrappedStoresTest {
  @TempDir Path directory;

  private ObjectStore files(String name) {
    return new FileObjectStore(directory.resolve(name));
  }

  @Nested
  class Counting extends ObjectStoreContract {
    @Override
    protected ObjectStore openStore(String name) {
      return new CountingStore(files(name));
    }
  }

  @Nested
  class WithoutFaults extends ObjectStoreContract {
    @Override
    protected ObjectStore openStore(String name) {
      return new FaultInjectingStore(files(name), 1);
    }
  }

  @Nested
  class Aged extends ObjectStoreContract {
    private final Map<String, AgedStore.Times> times = new ConcurrentHashMap<>();

    private AgedStore.Times times(String name) {
      return times.computeIfAbsent(
          name, any -> new AgedStore.Times(InstantSource.system(), Duration.ZERO));
    }

    @Override
    protected ObjectStore openStore(String name) {
      return new AgedStore(files(name), times(name));
    }
  }

  @Nested
  class AgedInMemory extends ObjectStoreContract {
    private final Map<String, ObjectStore> stores = new ConcurrentHashMap<>();

    @Override
    protected ObjectStore openStore(String name) {
      return stores.computeIfAbsent(
          name,
          any ->
              new AgedStore(
                  new MemoryReplica(), new AgedStore.Times(InstantSource.system(), Duration.ZERO)));
    }
  }
}
