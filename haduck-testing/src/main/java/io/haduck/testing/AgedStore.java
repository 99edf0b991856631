package io.haduck.testing;

import io.haduck.core.StoreAccessException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store whose time is the test's: a year of retention can go by in minutes. Every answer tells
 * the time of the test's clock, and a listing tells of each object when it came there by that
 * clock. All else is as the wrapped store does it.
 *
 * <p>What a place holds has its times in one {@link Times}, which all stores over that place share,
 * so that they agree. It knows of what they write and delete themselves; of all else in the place
 * it tells the wrapped store's time, moved by a fixed duration.
 *
 * <p>Safe for any number of threads.
 */
public final class AgedStore implements ObjectStore {
  private final ObjectStore store;
  private final Times times;

  /** Wraps a store, and closes it when it is closed itself. */
  public AgedStore(ObjectStore store, Times times) {
    this.store = store;
    this.times = times;
  }

  /** The clock of a place, and when each object came there. Safe for any number of threads. */
  public static final class Times {
    private final InstantSource clock;
    private final Duration ahead;
    private final Map<String, Writes> objects = new ConcurrentHashMap<>();
    private final AtomicLong versions = new AtomicLong();

    /**
     * Of one place.
     *
     * @param clock the test's, which may stand still, leap, and tell whole seconds as S3's does
     * @param ahead by how much it is ahead of the wrapped store's, for objects that were not
     *     written through an {@link AgedStore} with these times
     */
    public Times(InstantSource clock, Duration ahead) {
      this.clock = clock;
      this.ahead = ahead;
    }

    /**
     * The writes of a key.
     *
     * @param done when the last one came there; null if none did
     * @param version which one that is
     * @param begun when the first one began that is under way; null if none is
     * @param underWay how many are
     */
    private record Writes(
        @Nullable Instant done, long version, @Nullable Instant begun, int underWay) {
      static final Writes NONE = new Writes(null, 0, null, 0);

      @Nullable Writes orNull() {
        return done == null && underWay == 0 ? null : this;
      }

      Writes begin(Instant now) {
        return new Writes(done, version, begun == null ? now : begun, underWay + 1);
      }

      Writes end() {
        return new Writes(done, version, underWay == 1 ? null : begun, underWay - 1);
      }

      Writes came(Instant when, long nextVersion) {
        Instant latest = done == null || when.isAfter(done) ? when : done;
        return new Writes(latest, nextVersion, begun, underWay);
      }
    }

    private Instant now() {
      return clock.instant();
    }

    private void begin(String key) {
      Instant now = now();
      objects.compute(key, (any, writes) -> (writes == null ? Writes.NONE : writes).begin(now));
    }

    /** A write whose outcome nobody knows counts as one, but if it would not have replaced. */
    private void end(String key, Outcome outcome, boolean creates, Instant now) {
      objects.compute(
          key,
          (any, writes) -> {
            if (writes == null) {
              throw new IllegalStateException("nobody began to write " + key);
            }
            boolean came =
                outcome == Outcome.DONE
                    || (outcome == Outcome.UNKNOWN && (!creates || writes.done() == null));
            Writes ended = writes.end();
            return came ? ended.came(now, versions.incrementAndGet()) : ended.orNull();
          });
    }

    private Map<String, Long> versions(Collection<String> keys) {
      Map<String, Long> found = new HashMap<>();
      for (String key : keys) {
        Writes writes = objects.get(key);
        if (writes != null) {
          found.put(key, writes.version());
        }
      }
      return found;
    }

    /** Forgets what was deleted, but for what was written again meanwhile. */
    private void forget(Map<String, Long> deleted) {
      deleted.forEach(
          (key, version) ->
              objects.computeIfPresent(
                  key,
                  (any, writes) ->
                      writes.version() == version
                          ? new Writes(null, version, writes.begun(), writes.underWay()).orNull()
                          : writes));
    }

    private Listing.Entry dated(Listing.Entry object) {
      Writes writes = objects.getOrDefault(object.key(), Writes.NONE);
      Instant known = writes.done() == null ? writes.begun() : writes.done();
      return new Listing.Entry(
          object.key(), object.length(), known == null ? object.modified().plus(ahead) : known);
    }
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(key, false, () -> store.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, true, () -> store.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(key, false, () -> store.putIfMatch(key, body, etag));
  }

  private PutResult write(String key, boolean creates, Supplier<PutResult> write) {
    times.begin(key);
    Outcome outcome = Outcome.UNKNOWN;
    Instant answered = null;
    try {
      PutResult result = write.get();
      outcome = result.outcome();
      answered = times.now();
      return new PutResult(
          outcome, result.etag(), result.storeTime() == null ? null : answered, result.cause());
    } catch (StoreAccessException e) {
      outcome = Outcome.MISSING; // nothing was written
      throw e;
    } finally {
      times.end(key, outcome, creates, answered == null ? times.now() : answered);
    }
  }

  @Override
  public StoredObject get(String key) {
    return read(() -> store.get(key));
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return read(() -> store.getRange(key, offset, length));
  }

  private StoredObject read(Supplier<StoredObject> read) {
    Instant asked = times.now();
    StoredObject found = read.get();
    return new StoredObject(found.name(), found.content(), found.length(), found.etag(), asked);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    Instant asked = times.now();
    Listing page = store.list(prefix, startAfter, limit);
    return new Listing(page.objects().stream().map(times::dated).toList(), page.truncated(), asked);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    Map<String, Long> known = times.versions(keys);
    store.deleteAll(keys);
    times.forget(known);
  }

  @Override
  public ObjectStore within(Duration longest) {
    return new AgedStore(store.within(longest), times);
  }

  @Override
  public Optional<String> absence() {
    return store.absence();
  }

  @Override
  public List<String> namesBeside(String prefix, int most) {
    return store.namesBeside(prefix, most);
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
