package io.haduck.bench;

import io.haduck.core.MissingObjectException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A store in memory that holds millions of small objects, with the pages of S3 and a clock of its
 * own. Entity tags never come again. Safe for any number of threads.
 */
final class CompactStore implements ObjectStore {
  private final NavigableMap<String, Held> objects = new ConcurrentSkipListMap<>();
  private final AtomicLong versions = new AtomicLong();
  private final InstantSource clock;

  /** An empty one. */
  CompactStore(InstantSource clock) {
    this.clock = clock;
  }

  /** One version of an object. */
  private static final class Held {
    private final byte[] bytes;
    private final long version;
    private final long modifiedMillis;

    Held(byte[] bytes, long version, long modifiedMillis) {
      this.bytes = bytes;
      this.version = version;
      this.modifiedMillis = modifiedMillis;
    }

    String etag() {
      return "v" + version;
    }
  }

  /** Writes down all that it holds, for {@link #load}. */
  void save(DataOutput out) throws IOException {
    out.writeLong(versions.get());
    out.writeInt(objects.size());
    for (Map.Entry<String, Held> object : objects.entrySet()) {
      Held held = object.getValue();
      out.writeUTF(object.getKey());
      out.writeLong(held.version);
      out.writeLong(held.modifiedMillis);
      out.writeInt(held.bytes.length);
      out.write(held.bytes);
    }
  }

  /** Holds what was written down, and nothing else. */
  void load(DataInput in) throws IOException {
    objects.clear();
    versions.set(in.readLong());
    for (int left = in.readInt(); left > 0; left--) {
      String key = in.readUTF();
      long version = in.readLong();
      long modified = in.readLong();
      var bytes = new byte[in.readInt()];
      in.readFully(bytes);
      objects.put(key, new Held(bytes, version, modified));
    }
  }

  private Held held(ObjectBody body) {
    return new Held(body.toByteArray(), versions.incrementAndGet(), clock.millis());
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    Held next = held(body);
    objects.put(key, next);
    return PutResult.done(next.etag(), clock.instant());
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    Held next = held(body);
    return objects.putIfAbsent(key, next) == null
        ? PutResult.done(next.etag(), clock.instant())
        : PutResult.refused(Outcome.EXISTS, clock.instant());
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    Held before = objects.get(key);
    if (before == null) {
      return PutResult.refused(Outcome.MISSING, clock.instant());
    }
    Held next = held(body);
    return before.etag().equals(etag) && objects.replace(key, before, next)
        ? PutResult.done(next.etag(), clock.instant())
        : PutResult.refused(Outcome.MISMATCH, clock.instant());
  }

  @Override
  public StoredObject get(String key) {
    return getRange(key, 0, Integer.MAX_VALUE);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    Held held = objects.get(key);
    if (held == null) {
      throw new MissingObjectException(this + "/" + key + " is not there");
    }
    int from = (int) Math.min(offset, held.bytes.length);
    int count = (int) Math.min(length, held.bytes.length - from);
    return new StoredObject(
        this + "/" + key,
        new ByteArrayInputStream(held.bytes, from, count),
        count,
        held.etag(),
        clock.instant());
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    Instant now = clock.instant();
    int most = Listing.requireLimit(limit);
    List<Listing.Entry> page = new ArrayList<>();
    boolean fromPrefix = startAfter.compareTo(prefix) < 0;
    String from = fromPrefix ? prefix : startAfter;
    for (Map.Entry<String, Held> object : objects.tailMap(from, fromPrefix).entrySet()) {
      if (!object.getKey().startsWith(prefix)) {
        break;
      }
      if (page.size() == most) {
        return new Listing(page, true, now);
      }
      Held held = object.getValue();
      page.add(
          new Listing.Entry(
              object.getKey(), held.bytes.length, Instant.ofEpochMilli(held.modifiedMillis)));
    }
    return new Listing(page, false, now);
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
