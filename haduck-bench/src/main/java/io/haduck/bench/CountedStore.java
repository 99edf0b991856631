package io.haduck.bench;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is written and read. */
final class CountedStore implements ObjectStore {
  private final ObjectStore store;
  private final AtomicLong puts = new AtomicLong();
  private final AtomicLong putBytes = new AtomicLong();
  private final AtomicLong putNanos = new AtomicLong();
  private final AtomicLong gets = new AtomicLong();
  private final AtomicLong lists = new AtomicLong();

  CountedStore(ObjectStore store) {
    this.store = store;
  }

  long puts() {
    return puts.get();
  }

  long putBytes() {
    return putBytes.get();
  }

  /** Time that all PUTs took together. */
  long putNanos() {
    return putNanos.get();
  }

  long gets() {
    return gets.get();
  }

  long requests() {
    return puts.get() + gets.get() + lists.get();
  }

  private ObjectBody counted(ObjectBody body) {
    puts.incrementAndGet();
    putBytes.addAndGet(body.length());
    return body;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return store.put(key, counted(body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    long begun = System.nanoTime();
    try {
      return store.putIfAbsent(key, counted(body));
    } finally {
      putNanos.addAndGet(System.nanoTime() - begun);
    }
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return store.putIfMatch(key, counted(body), etag);
  }

  @Override
  public StoredObject get(String key) {
    gets.incrementAndGet();
    return store.get(key);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    gets.incrementAndGet();
    return store.getRange(key, offset, length);
  }

  @Override
  public Listing list(String prefix, String startAfter) {
    lists.incrementAndGet();
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
