package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ConditionalWriteProbe;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.AgedStore;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ExpirationStatus;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * A replica in a versioned bucket for ten days, swept each night. A sweep leaves a marker and the
 * bytes of everything that it deletes; the lifecycle rule of docs/operating/retention.md frees
 * them, and that changes nothing that haduck sees. Skipped where MinIO cannot be had.
 */
class MinioVersionedBucketTest {
  private static final String BUCKET = "haduck-versioned";
  private static final int DAYS = 10;
  private static final int COMMITS_A_DAY = 20;
  private static final Retries RETRIES =
      Retries.of(10, () -> new Backoff(Duration.ofMillis(1), Duration.ofSeconds(1), new Random(1)));

  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-05T01:00:00Z"));
  private final AtomicLong leaps = new AtomicLong();
  private final History history = new History(new Random(seed));
  private final NavigableMap<Long, LogState> states = new TreeMap<>();

  @Test
  void sweep_ofAVersionedBucket_freesNothing_andItsLifecycleRuleFreesAllAndChangesNothing() {
    MinioServer minio = MinioServer.running();
    var location = new ReplicaLocation("s3", BUCKET, "a/replica");
    try (S3Client client = S3Clients.open(location, S3Settings.of(minio.settings()));
        ObjectStore store =
            new AgedStore(
                new S3ObjectStoreProvider().open(location, minio.settings()),
                new AgedStore.Times(now::get, Duration.ZERO))) {
      createBucket(client);
      new ConditionalWriteProbe(store).run("first");
      long probed = markers(client).size();

      long deleted = 0;
      long deletedBytes = 0;
      for (int day = 0; day < DAYS; day++) {
        commitForADay(store);
        SweepReport report = sweep(store);
        assertThat(report.keptAsVersions()).isTrue();
        deleted += report.deleted();
        deletedBytes += report.deletedBytes();
      }
      List<Listing.Entry> live = live(store);
      say("after ten days", deleted, live, client);
      requireAll(store);

      assertThat(deleted).isGreaterThan(100);
      assertThat(markers(client)).hasSize((int) (probed + deleted));
      assertThat(versions(client).stream().mapToLong(ObjectVersion::size).sum())
          .as("nothing is freed")
          .isGreaterThanOrEqualTo(
              live.stream().mapToLong(Listing.Entry::length).sum() + deletedBytes);

      expire(client);
      say("after the lifecycle rule", deleted, live(store), client);

      assertThat(live(store)).isEqualTo(live);
      assertThat(markers(client)).isEmpty();
      assertThat(versions(client)).allMatch(ObjectVersion::isLatest).hasSameSizeAs(live);
      requireAll(store);
      new ConditionalWriteProbe(store).run("second");
      commitForADay(store);
      assertThat(sweep(store).deleted()).isPositive();
      requireAll(store);
    }
  }

  private static void createBucket(S3Client client) {
    client.createBucket(request -> request.bucket(BUCKET));
    client.putBucketVersioning(
        request ->
            request
                .bucket(BUCKET)
                .versioningConfiguration(it -> it.status(BucketVersioningStatus.ENABLED)));
    // As in docs/operating/retention.md; a server that takes it understands it.
    LifecycleRule rule =
        LifecycleRule.builder()
            .id("haduck")
            .status(ExpirationStatus.ENABLED)
            .filter(it -> it.prefix("a/replica/"))
            .noncurrentVersionExpiration(it -> it.noncurrentDays(7))
            .expiration(it -> it.expiredObjectDeleteMarker(true))
            .build();
    client.putBucketLifecycleConfiguration(
        request -> request.bucket(BUCKET).lifecycleConfiguration(all -> all.rules(List.of(rule))));
  }

  private void commitForADay(ObjectStore store) {
    now.updateAndGet(it -> it.plus(Duration.ofHours(4)));
    history.stepMicros = Duration.ofMinutes(40).toMillis() * 1000;
    if (history.state != null) {
      commit(store, true);
    }
    for (int i = 0; i < COMMITS_A_DAY; i++) {
      now.updateAndGet(it -> it.plus(Duration.ofMinutes(40)));
      commit(store, false);
    }
    now.updateAndGet(it -> it.plus(Duration.ofHours(24).minusMinutes(240 + 40 * COMMITS_A_DAY)));
  }

  private void commit(ObjectStore store, boolean restarted) {
    history.commit(store, restarted ? history.epoch() : history.next());
    states.put(history.head().position().seq(), history.head().copy());
  }

  private SweepReport sweep(ObjectStore store) {
    var policy = new RetentionSettings(Duration.ofDays(2), Duration.ofDays(1), Map.of(), null, 2);
    return new Sweep(
            store,
            SweepOptions.DEFAULT.withPolicy(policy),
            RETRIES,
            () -> leaps.addAndGet(1_000_000_000L),
            () -> false)
        .run()
        .orElseThrow();
  }

  /** Every state that is kept is what it was, and no other one is there. */
  private void requireAll(ObjectStore store) {
    var manifests = new Manifests(store, RETRIES);
    ReadableStates readable = KeptStates.read(manifests, new Names(store, manifests, RETRIES));
    var log = new ReplicationLog(store, () -> readable);
    states.forEach(
        (seq, state) -> {
          var found = log.loadAt(seq, LoadProgress.NONE);
          assertThat(found.isPresent()).as("seq %s", seq).isEqualTo(readable.contains(seq));
          found.ifPresent(it -> SameState.assertSame(it, state));
        });
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
  }

  private static List<Listing.Entry> live(ObjectStore store) {
    List<Listing.Entry> all = new ArrayList<>();
    Listing page;
    do {
      page = store.list("", all.isEmpty() ? "" : all.get(all.size() - 1).key());
      all.addAll(page.objects());
    } while (page.truncated());
    return all;
  }

  private static List<ObjectVersion> versions(S3Client client) {
    return client.listObjectVersionsPaginator(request -> request.bucket(BUCKET)).versions().stream()
        .toList();
  }

  private static List<DeleteMarkerEntry> markers(S3Client client) {
    return client
        .listObjectVersionsPaginator(request -> request.bucket(BUCKET))
        .deleteMarkers()
        .stream()
        .toList();
  }

  /**
   * Does what the rule does some days later: versions that are not the latest, then lone markers.
   */
  private static void expire(S3Client client) {
    delete(
        client,
        versions(client).stream()
            .filter(it -> !it.isLatest())
            .map(it -> identifier(it.key(), it.versionId())));
    delete(client, markers(client).stream().map(it -> identifier(it.key(), it.versionId())));
  }

  private static ObjectIdentifier identifier(String key, String version) {
    return ObjectIdentifier.builder().key(key).versionId(version).build();
  }

  private static void delete(S3Client client, Stream<ObjectIdentifier> versions) {
    List<ObjectIdentifier> all = versions.toList();
    for (int from = 0; from < all.size(); from += 1000) {
      List<ObjectIdentifier> batch = all.subList(from, Math.min(all.size(), from + 1000));
      var answer =
          client.deleteObjects(request -> request.bucket(BUCKET).delete(it -> it.objects(batch)));
      assertThat(answer.errors()).isEmpty();
    }
  }

  private void say(String when, long deleted, List<Listing.Entry> live, S3Client client) {
    List<ObjectVersion> versions = versions(client);
    System.out.printf(
        "versioned bucket, -Dhaduck.seed=%d, %s: %d changesets committed, %d objects deleted; %d"
            + " objects of %d bytes are listed, %d versions of %d bytes and %d markers are there%n",
        seed,
        when,
        states.size(),
        deleted,
        live.size(),
        live.stream().mapToLong(Listing.Entry::length).sum(),
        versions.size(),
        versions.stream().mapToLong(ObjectVersion::size).sum(),
        markers(client).size());
  }
}
