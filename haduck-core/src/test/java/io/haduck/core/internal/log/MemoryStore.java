package io.haduck.core.internal.log;

import io.haduck.core.MissingObjectException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A store in memory whose clock the test sets, with pages of five keys. */
public final class MemoryStore implements ObjectStore {
  /** Entries of a listing's page at most; so few that there are several. */
  public int page = 5;

  private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

  /** What it holds. */
  public final NavigableMap<String, byte[]> objects = new ConcurrentSkipListMap<>();

  /** When what it holds came there; at the beginning if that is not known. */
  public final Map<String, Instant> modified = new ConcurrentHashMap<>();

  private volatile Instant now = BEGINNING;

  /** Moves its clock on. */
  public void advance(Duration time) {
    now = now.plus(time);
  }

  /** Its time. */
  public Instant now() {
    return now;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    objects.put(key, body.toByteArray());
    return written(key);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return objects.putIfAbsent(key, body.toByteArray()) == null
        ? written(key)
        : PutResult.refused(PutResult.Outcome.EXISTS, now);
  }

  private PutResult written(String key) {
    Instant when = now;
    modified.put(key, when);
    return PutResult.done(etag(objects.getOrDefault(key, new byte[0])), when);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    byte[] next = body.toByteArray();
    byte[] before = objects.get(key);
    if (before == null) {
      return PutResult.refused(PutResult.Outcome.MISSING, now);
    }
    return etag(before).equals(etag) && objects.replace(key, before, next)
        ? written(key)
        : PutResult.refused(PutResult.Outcome.MISMATCH, now);
  }

  @Override
  public StoredObject get(String key) {
    return getRange(key, 0, Integer.MAX_VALUE);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    byte[] bytes = objects.get(key);
    if (bytes == null) {
      throw new MissingObjectException("memory/" + key + " is not there");
    }
    int from = (int) Math.min(offset, bytes.length);
    int to = (int) Math.min(offset + length, bytes.length);
    byte[] part = Arrays.copyOfRange(bytes, from, to);
    return new StoredObject(
        "memory/" + key, new ByteArrayInputStream(part), part.length, etag(bytes), now);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    List<Listing.Entry> shown = new ArrayList<>();
    boolean truncated = false;
    int most = Math.min(page, Listing.requireLimit(limit));
    boolean fromPrefix = startAfter.compareTo(prefix) < 0;
    String from = fromPrefix ? prefix : startAfter;
    for (var object : objects.tailMap(from, fromPrefix).entrySet()) {
      if (!object.getKey().startsWith(prefix)) {
        break;
      }
      if (shown.size() == most) {
        truncated = true;
        break;
      }
      String key = object.getKey();
      shown.add(
          new Listing.Entry(key, object.getValue().length, modified.getOrDefault(key, BEGINNING)));
    }
    return new Listing(shown, truncated, now);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    for (String key : keys) {
      objects.remove(key);
      modified.remove(key);
    }
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "memory";
  }

  private static String etag(byte[] content) {
    return Integer.toHexString(Arrays.hashCode(content)) + "-" + content.length;
  }
}
