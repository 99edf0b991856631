package io.haduck.testing;

import io.haduck.core.Ticker;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A store that passes everything on, and counts and times it.
 *
 * <p>Every call on this store is one, whatever becomes of it; what the wrapped store repeats by
 * itself is not seen. Safe for any number of threads.
 */
public final class CountingStore implements ObjectStore {
  private static final long NONE = Long.MAX_VALUE;

  private final ObjectStore store;
  private final Ticker ticker;
  private final AtomicLong puts = new AtomicLong();
  private final AtomicLong putBytes = new AtomicLong();
  private final AtomicLong putNanos = new AtomicLong();
  private final AtomicLong gets = new AtomicLong();
  private final AtomicLong lists = new AtomicLong();
  private final AtomicLong deletes = new AtomicLong();
  private final AtomicLong deletedKeys = new AtomicLong();
  private final AtomicLong firstPut = new AtomicLong(NONE);

  /** Wraps a store, and closes it when it is closed itself; measures by {@link Ticker#system}. */
  public CountingStore(ObjectStore store) {
    this(store, Ticker.system());
  }

  /** As {@link #CountingStore(ObjectStore)}, measuring by another clock. */
  public CountingStore(ObjectStore store, Ticker ticker) {
    this.store = store;
    this.ticker = ticker;
  }

  /** Returns how many writes of any kind were begun. */
  public long puts() {
    return puts.get();
  }

  /** Returns the length of all that was to be written, in bytes; refused writes included. */
  public long putBytes() {
    return putBytes.get();
  }

  /** Returns the time that all writes took together, in nanoseconds. */
  public long putNanos() {
    return putNanos.get();
  }

  /** Returns how many objects and parts of objects were asked for. */
  public long gets() {
    return gets.get();
  }

  /** Returns how many pages of listings were asked for. */
  public long lists() {
    return lists.get();
  }

  /** Returns how many calls were made to delete, of any number of objects each. */
  public long deletes() {
    return deletes.get();
  }

  /** Returns how many objects were to be deleted, whether they were there or not. */
  public long deletedKeys() {
    return deletedKeys.get();
  }

  /** Returns how many calls of any kind were made: writes, reads, listings and deletions. */
  public long requests() {
    return puts.get() + gets.get() + lists.get() + deletes.get();
  }

  /**
   * Returns when the first write since {@link #restart} began, in nanoseconds of the clock by which
   * this store measures; empty if there was none.
   */
  public OptionalLong firstPut() {
    long first = firstPut.get();
    return first == NONE ? OptionalLong.empty() : OptionalLong.of(first);
  }

  /** Forgets which write was the first; the next one is. The counts go on. */
  public void restart() {
    firstPut.set(NONE);
  }

  private PutResult write(ObjectBody body, Supplier<PutResult> write) {
    puts.incrementAndGet();
    putBytes.addAndGet(body.length());
    long begun = ticker.nanos();
    firstPut.accumulateAndGet(begun, Math::min);
    try {
      return write.get();
    } finally {
      putNanos.addAndGet(ticker.nanos() - begun);
    }
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(body, () -> store.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(body, () -> store.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(body, () -> store.putIfMatch(key, body, etag));
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
  public Listing list(String prefix, String startAfter, int limit) {
    lists.incrementAndGet();
    return store.list(prefix, startAfter, limit);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    deletes.incrementAndGet();
    deletedKeys.addAndGet(keys.size());
    store.deleteAll(keys);
  }

  @Override
  public boolean keepsDeleted() {
    return store.keepsDeleted();
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
