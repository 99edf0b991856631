package io.haduck.jdbc;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.ReplicaLocation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Serves {@code placed://place/directory}: the files of {@code file:/directory}, which each place
 * reaches by a way of its own. So tests trouble one of several machines that are in this JVM.
 */
public final class PlacedStores implements ObjectStoreProvider {
  private static final Map<String, Trouble> TROUBLES = new ConcurrentHashMap<>();

  /** Runs before each call of a place. */
  @FunctionalInterface
  interface Trouble {
    /**
     * Lets the call through, throws what a store throws, or does not return for now.
     *
     * @param key the prefix when listing, the first key when deleting
     */
    void before(Call call, String key);
  }

  /** What is called. */
  enum Call {
    WRITE,
    READ,
    LIST,
    DELETE
  }

  /** For {@link java.util.ServiceLoader}. */
  public PlacedStores() {}

  static String url(String place, Path directory) {
    return "placed://" + place + directory;
  }

  /** From now on, instead of what troubled a place before. */
  static void trouble(String place, Trouble trouble) {
    TROUBLES.put(place, trouble);
  }

  static void heal(String place) {
    TROUBLES.remove(place);
  }

  static void healAll() {
    TROUBLES.clear();
  }

  @Override
  public String scheme() {
    return "placed";
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    ObjectStore files = new FileObjectStore(Path.of("/" + location.path()));
    return (ObjectStore)
        Proxy.newProxyInstance(
            PlacedStores.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "within" -> self;
                  case "put", "putIfAbsent", "putIfMatch" -> {
                    try {
                      troubled(location, Call.WRITE, arguments[0]);
                    } catch (UnavailableException e) {
                      yield PutResult.unknown(e);
                    }
                    yield invoke(files, method, arguments);
                  }
                  case "get", "getRange", "read" -> {
                    troubled(location, Call.READ, arguments[0]);
                    yield invoke(files, method, arguments);
                  }
                  case "list" -> {
                    troubled(location, Call.LIST, arguments[0]);
                    yield invoke(files, method, arguments);
                  }
                  case "deleteAll" -> {
                    var keys = ((Collection<?>) arguments[0]).iterator();
                    troubled(location, Call.DELETE, keys.hasNext() ? keys.next() : "");
                    yield invoke(files, method, arguments);
                  }
                  default -> invoke(files, method, arguments);
                });
  }

  private static void troubled(ReplicaLocation location, Call call, Object key) {
    TROUBLES.getOrDefault(location.bucket(), (any, at) -> {}).before(call, (String) key);
  }

  private static Object invoke(ObjectStore files, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(files, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
