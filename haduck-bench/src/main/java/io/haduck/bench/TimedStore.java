package io.haduck.bench;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;

/** Notes when the first object of a commit begins to be written. */
final class TimedStore implements ObjectStore {
  private static final long NONE = Long.MAX_VALUE;

  private final ObjectStore store;
  private final AtomicLong firstWrite = new AtomicLong(NONE);

  TimedStore(ObjectStore store) {
    this.store = store;
  }

  /** Forgets what was noted. */
  void restart() {
    firstWrite.set(NONE);
  }

  /** When, by {@link System#nanoTime}. */
  long firstWriteNanos() {
    return firstWrite.get();
  }

  private void writing() {
    firstWrite.accumulateAndGet(System.nanoTime(), Math::min);
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    writing();
    return store.put(key, body);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    writing();
    return store.putIfAbsent(key, body);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    writing();
    return store.putIfMatch(key, body, etag);
  }

  @Override
  public StoredObject get(String key) {
    return store.get(key);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return store.getRange(key, offset, length);
  }

  @Override
  public Listing list(String prefix, String startAfter) {
    return store.list(prefix, startAfter);
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
