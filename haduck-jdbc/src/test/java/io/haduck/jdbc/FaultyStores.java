package io.haduck.jdbc;

import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.FaultInjectingStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Serves {@code faulty://store/directory}: the same files as {@code file:/directory}, in a store
 * that a test can let fail. What is opened for a lease beside it is spared: tests let fail what is
 * replicated.
 */
public final class FaultyStores implements ObjectStoreProvider {
  private static final Map<String, FaultInjectingStore> OPENED = new ConcurrentHashMap<>();
  private static final Map<String, Consumer<FaultInjectingStore>> PREPARED =
      new ConcurrentHashMap<>();

  /** Directories whose faulty store is open. */
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  /** For {@link java.util.ServiceLoader}. */
  public FaultyStores() {}

  static String url(Path directory) {
    return "faulty://store" + directory;
  }

  /** The store that was opened last for a replica. */
  static FaultInjectingStore opened(Path replica) {
    return Objects.requireNonNull(OPENED.get(replica.toString()));
  }

  /** What to do with a store before it is used. */
  static void prepare(Path replica, Consumer<FaultInjectingStore> preparation) {
    PREPARED.put(replica.toString(), preparation);
  }

  @Override
  public String scheme() {
    return "faulty";
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    String directory = "/" + location.path();
    ObjectStore files = new FileObjectStore(Path.of(directory));
    if (!OPEN.add(directory)) {
      return files;
    }
    var store = new FaultInjectingStore(closing(files, directory), 42);
    PREPARED.getOrDefault(directory, made -> {}).accept(store);
    OPENED.put(directory, store);
    return store;
  }

  private static ObjectStore closing(ObjectStore files, String directory) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            FaultyStores.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                OPEN.remove(directory);
              }
              try {
                return method.invoke(files, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
