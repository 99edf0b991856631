package io.haduck.core.replica;

import io.haduck.core.StoreAccessException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A store in which something happens just before an object is read for the first time, and which
 * lets nobody write what it should not.
 */
final class Sweeping implements ObjectStore {
  private static final String BLOCKS = "";

  private final ObjectStore store;
  private final Map<String, Runnable> before = new ConcurrentHashMap<>();
  private volatile @Nullable String refused;
  private volatile boolean careless;

  Sweeping(ObjectStore store) {
    this.store = store;
  }

  void beforeReading(String key, Runnable happens) {
    before.put(key, happens);
  }

  /** Before blocks are fetched: what is behind the head of an object. */
  void beforeFetching(Runnable happens) {
    before.put(BLOCKS, happens);
  }

  /** From now on nothing is written whose key begins so. */
  void refuse(String prefix) {
    refused = prefix;
  }

  /** From now on it is one that does not know conditional writes. */
  void ignoreConditions() {
    careless = true;
  }

  private void happen(String key) {
    Runnable happens = before.remove(key);
    if (happens != null) {
      happens.run();
    }
  }

  private void requireAllowed(String key) {
    String prefix = refused;
    if (prefix != null && key.startsWith(prefix)) {
      throw new StoreAccessException(key + " may not be written");
    }
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return store.put(key, body);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    requireAllowed(key);
    return careless ? store.put(key, body) : store.putIfAbsent(key, body);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return careless ? store.put(key, body) : store.putIfMatch(key, body, etag);
  }

  @Override
  public StoredObject get(String key) {
    happen(key);
    return store.get(key);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    happen(offset > 0 ? BLOCKS : key);
    return store.getRange(key, offset, length);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return store.list(prefix, startAfter, limit);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    store.deleteAll(keys);
  }

  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
