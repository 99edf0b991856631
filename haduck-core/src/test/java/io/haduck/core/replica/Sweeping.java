package io.haduck.core.replica;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A store in which something happens just before an object is read for the first time. */
final class Sweeping implements ObjectStore {
  private final ObjectStore store;
  private final Map<String, Runnable> before = new ConcurrentHashMap<>();

  Sweeping(ObjectStore store) {
    this.store = store;
  }

  void beforeReading(String key, Runnable happens) {
    before.put(key, happens);
  }

  private void happen(String key) {
    Runnable happens = before.remove(key);
    if (happens != null) {
      happens.run();
    }
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return store.put(key, body);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return store.putIfAbsent(key, body);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return store.putIfMatch(key, body, etag);
  }

  @Override
  public StoredObject get(String key) {
    happen(key);
    return store.get(key);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    happen(key);
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
