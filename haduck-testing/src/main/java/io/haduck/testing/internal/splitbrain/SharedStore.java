package io.haduck.testing.internal.splitbrain;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** The store that all share, whose clock a round sets. What is asked of it happens at once. */
final class SharedStore {
  static final String LEASE = "lease";

  final ObjectStore under;
  private final Stage stage;
  private final boolean wholeSeconds;
  private final BiConsumer<String, byte[]> created;
  private final Map<String, Instant> modified = new ConcurrentHashMap<>();
  private final List<byte[]> leases = new ArrayList<>();
  private long skewNanos;

  /**
   * @param wholeSeconds whether its clock tells them only, as S3's does
   * @param created is told each object that is created
   */
  SharedStore(
      ObjectStore under, Stage stage, boolean wholeSeconds, BiConsumer<String, byte[]> created) {
    this.under = under;
    this.stage = stage;
    this.wholeSeconds = wholeSeconds;
    this.created = created;
  }

  Instant time() {
    Instant now = Machine.BEGINNING.plusNanos(stage.now() + skewNanos);
    return wholeSeconds ? now.truncatedTo(ChronoUnit.SECONDS) : now;
  }

  void jump(Duration by) {
    skewNanos += by.toNanos();
  }

  PutResult put(String key, ObjectBody body) {
    return told(key, body, under.put(key, body));
  }

  PutResult putIfAbsent(String key, ObjectBody body) {
    return told(key, body, under.putIfAbsent(key, body));
  }

  PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return told(key, body, under.putIfMatch(key, body, etag));
  }

  private PutResult told(String key, ObjectBody body, PutResult result) {
    if (result.outcome() == Outcome.UNKNOWN) {
      throw new AssertionError("the store itself is not to fail here", result.cause());
    }
    if (result.outcome() == Outcome.DONE) {
      byte[] bytes = body.toByteArray();
      modified.put(key, time());
      created.accept(key, bytes);
      if (key.equals(LEASE)) {
        leases.add(bytes);
      }
    }
    return new PutResult(result.outcome(), result.etag(), time(), result.cause());
  }

  StoredObject get(String key) {
    return dated(under.get(key));
  }

  StoredObject getRange(String key, long offset, long length) {
    return dated(under.getRange(key, offset, length));
  }

  private StoredObject dated(StoredObject found) {
    return new StoredObject(found.name(), found.content(), found.length(), found.etag(), time());
  }

  Listing list(String prefix, String after, int limit) {
    Listing found = under.list(prefix, after, limit);
    List<Listing.Entry> dated =
        found.objects().stream()
            .map(
                object ->
                    new Listing.Entry(
                        object.key(),
                        object.length(),
                        modified.getOrDefault(object.key(), Machine.BEGINNING)))
            .toList();
    return new Listing(dated, found.truncated(), time());
  }

  void deleteLease() {
    under.deleteAll(List.of(LEASE));
  }

  /**
   * Puts an older one back.
   *
   * @param back how many writes to take back
   */
  void rollBackLease(int back) {
    if (!leases.isEmpty()) {
      byte[] older = leases.get(Math.max(0, leases.size() - 1 - back));
      PutResult unusedSinceNobodyAsks = under.put(LEASE, ObjectBody.of(older));
    }
  }
}
