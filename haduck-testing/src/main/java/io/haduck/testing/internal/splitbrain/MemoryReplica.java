package io.haduck.testing.internal.splitbrain;

import io.haduck.core.MissingObjectException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** A store in memory with entity tags that never come again, whose clock stands still. */
public final class MemoryReplica implements ObjectStore {
  private static final int PAGE = 7;
  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

  private final NavigableMap<String, Held> objects = new ConcurrentSkipListMap<>();
  private long writes;

  @SuppressWarnings("ArrayRecordComponent")
  private record Held(byte[] bytes, String etag) {}

  /** An empty one. */
  public MemoryReplica() {}

  private synchronized PutResult write(
      String key, ObjectBody body, boolean allowed, Outcome otherwise) {
    if (!allowed) {
      return PutResult.refused(otherwise, NOW);
    }
    var held = new Held(body.toByteArray(), "e" + writes++);
    objects.put(key, held);
    return PutResult.done(held.etag(), NOW);
  }

  @Override
  public synchronized PutResult put(String key, ObjectBody body) {
    return write(key, body, true, Outcome.UNKNOWN);
  }

  @Override
  public synchronized PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, body, !objects.containsKey(key), Outcome.EXISTS);
  }

  @Override
  public synchronized PutResult putIfMatch(String key, ObjectBody body, String etag) {
    Held held = objects.get(key);
    return held == null
        ? PutResult.refused(Outcome.MISSING, NOW)
        : write(key, body, held.etag().equals(etag), Outcome.MISMATCH);
  }

  @Override
  public StoredObject get(String key) {
    return getRange(key, 0, Integer.MAX_VALUE);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    @Nullable Held held = objects.get(key);
    if (held == null) {
      throw new MissingObjectException(key + " is not there");
    }
    int from = (int) Math.min(offset, held.bytes().length);
    int to = from + (int) Math.min(length, held.bytes().length - from);
    byte[] part = Arrays.copyOfRange(held.bytes(), from, to);
    return new StoredObject(key, new ByteArrayInputStream(part), part.length, held.etag(), NOW);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    int most = Math.min(PAGE, Listing.requireLimit(limit));
    List<Listing.Entry> page = new ArrayList<>();
    boolean fromPrefix = startAfter.compareTo(prefix) < 0;
    String from = fromPrefix ? prefix : startAfter;
    for (Map.Entry<String, Held> object : objects.tailMap(from, fromPrefix).entrySet()) {
      if (!object.getKey().startsWith(prefix)) {
        break;
      }
      if (page.size() == most) {
        return new Listing(page, true, NOW);
      }
      page.add(new Listing.Entry(object.getKey(), object.getValue().bytes().length, NOW));
    }
    return new Listing(page, false, NOW);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    keys.forEach(objects::remove);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "memory";
  }
}
