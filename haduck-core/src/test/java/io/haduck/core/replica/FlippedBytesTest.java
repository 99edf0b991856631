package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each byte of each object of a small replica, flipped: the check names object and offset, and a
 * restore fails or yields the same. A seeded sample; all of them with {@code -Dhaduck.flips=all}.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class FlippedBytesTest {
  private static final boolean ALL = "all".equals(System.getProperty("haduck.flips"));
  private static final int SAMPLE = 700;
  private static final int THREADS = 2;

  @TempDir static Path built;
  private static @Nullable SmallReplica replica;

  @TempDir Path directory;
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffffff);

  @BeforeEach
  void build() throws Exception {
    if (replica == null) {
      replica = SmallReplica.in(built);
    }
    System.out.println("haduck.seed=" + seed + ", " + replica().bytes() + " bytes");
  }

  @Test
  void check_ofTheReplicaAsItIs_findsNothing() throws Exception {
    VerifyReport report = check(Integer.MAX_VALUE).run(replica().store, VerifyProgress.none());
    assertThat(report.findings()).isEmpty();
    assertThat(report.notes()).isEmpty();
    assertThat(report.objects()).isEqualTo(replica().store.objects.size());
    assertThat(report.bytes()).isEqualTo(replica().bytes());
    assertThat(report.readable()).containsExactly(new VerifyReport.SeqRange(1, report.headSeq()));
    Path restored = directory.resolve("as-it-is.duckdb");
    restore(replica().store, restored);
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
      assertThat(ReplicatedDatabase.contentsOf(connection)).isEqualTo(replica().contents());
    }
  }

  @Test
  void check_ofObjectsTooLongToKeep_readsThemInRanges() {
    VerifyReport report = check(0).run(replica().store, VerifyProgress.none());
    assertThat(report.findings()).isEmpty();
    assertThat(report.bytes()).isGreaterThan(replica().bytes());
  }

  @Test
  void flippedByte_isFoundByTheCheck() throws Exception {
    forEachPlace(
        (store, key, at, random) -> {
          byte[] flipped = store.objects.get(key).clone();
          flipped[at] ^= (byte) (1 << random.nextInt(8));
          store.objects.put(key, flipped);
          int longestKept = at % 10 == 0 ? 0 : Integer.MAX_VALUE;
          assertFound(store, key, at, longestKept);
        });
  }

  @Test
  void flippedByte_isNoticedByARestore_orDoesNoHarm() throws Exception {
    Path right = directory.resolve("right.duckdb");
    restore(replica().store, right);
    byte[] image = Files.readAllBytes(right);
    byte[] wal = Files.readAllBytes(directory.resolve("right.duckdb.wal"));
    long[] same = new long[1];
    forEachPlace(
        (store, key, at, random) -> {
          byte[] flipped = store.objects.get(key).clone();
          flipped[at] ^= (byte) (1 << random.nextInt(8));
          store.objects.put(key, flipped);
          Path restored = directory.resolve(Thread.currentThread().getId() + ".duckdb");
          try {
            restore(store, restored);
          } catch (HaduckException e) {
            assertThat(e).as("byte %s of %s", at, key).hasMessageContaining(key);
            assertThat(restored).doesNotExist();
            return;
          }
          assertThat(Files.readAllBytes(restored)).isEqualTo(image);
          Path restoredWal = restored.resolveSibling(restored.getFileName() + ".wal");
          assertThat(Files.readAllBytes(restoredWal)).isEqualTo(wal);
          Files.delete(restoredWal);
          Files.delete(restored);
          Files.delete(restored.resolveSibling(restored.getFileName() + ".haduck"));
          synchronized (same) {
            same[0]++;
          }
        });
    System.out.println("restored all the same: " + same[0]);
    assertThat(same[0]).isPositive();
  }

  @Test
  void truncatedOrExtendedObject_isFoundByTheCheck() throws Exception {
    forEachPlace(
        (store, key, at, random) -> {
          byte[] whole = store.objects.get(key);
          store.objects.put(key, Arrays.copyOf(whole, at));
          assertFound(store, key, at, Integer.MAX_VALUE);
          byte[] longer = Arrays.copyOf(whole, whole.length + 1 + random.nextInt(50));
          store.objects.put(key, longer);
          assertFound(store, key, whole.length, Integer.MAX_VALUE);
        });
  }

  @Test
  void check_onAStoreWhoseReadsBreakOff_readsAgain() {
    long shortReads = 0;
    for (int round = 0; round < 20; round++) {
      var faulty = new FaultInjectingStore(replica().store, seed + round);
      faulty.rate(Fault.SHORT_READ, 0.2).rate(Fault.ERROR_BEFORE, 0.1);
      try {
        VerifyReport report = check(Integer.MAX_VALUE).run(faulty, VerifyProgress.none());
        assertThat(report.findings()).as("seed %s", seed + round).isEmpty();
        assertThat(report.isReadable(report.headSeq())).isTrue();
      } catch (UnavailableException e) {
        // six times in a row
      }
      shortReads += faulty.faults(Fault.SHORT_READ);
    }
    assertThat(shortReads).isPositive();
    var always = new FaultInjectingStore(replica().store, seed).rate(Fault.SHORT_READ, 1);
    assertThatThrownBy(() -> check(Integer.MAX_VALUE).run(always, VerifyProgress.none()))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("log/00000000000000000001.changeset");
  }

  private void assertFound(ObjectStore store, String key, long at, int longestKept) {
    VerifyReport report = check(longestKept).run(store, VerifyProgress.none());
    assertThat(report.findings())
        .as("byte %s of %s, seed %s", at, key, seed)
        .anyMatch(finding -> finding.key().equals(key) && finding.covers(at));
    assertThat(report.findings()).allMatch(finding -> finding.key().equals(key));
  }

  /** One place of one object. */
  @FunctionalInterface
  private interface Attempt {
    /** Damages the store, which is thrown away afterwards. */
    void at(MemoryStore store, String key, int position, Random random) throws Exception;
  }

  private record Place(String key, int position) {}

  private void forEachPlace(Attempt attempt) throws Exception {
    List<Place> places = places();
    long begun = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int first = thread;
        tasks.add(
            () -> {
              Random random = new Random(seed + first);
              for (int i = first; i < places.size(); i += THREADS) {
                Place place = places.get(i);
                attempt.at(replica().copy(), place.key(), place.position(), random);
              }
              return null;
            });
      }
      for (Future<Void> task : threads.invokeAll(tasks)) {
        task.get();
      }
    } finally {
      threads.shutdownNow();
    }
    System.out.println(places.size() + " places in " + Duration.ofNanos(System.nanoTime() - begun));
  }

  /** All of them, or as many of each object: its first and last bytes, and others at random. */
  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    Random random = new Random(seed);
    for (var object : replica().store.objects.entrySet()) {
      int length = object.getValue().length;
      int wanted = ALL ? length : SAMPLE / replica().store.objects.size();
      for (int i = 0; i < Math.min(wanted, length); i++) {
        int position =
            wanted >= length || i < 20 ? i : i < 40 ? length - 60 + i : random.nextInt(length);
        places.add(new Place(object.getKey(), position));
      }
    }
    return places;
  }

  private static Verifier check(int longestKept) {
    return new Verifier(FlippedBytesTest::noWait, longestKept);
  }

  private static void restore(ObjectStore store, Path destination) {
    new Restorer(
            InstantSource.system(), Ticker.system(), FlippedBytesTest::noWait, FileSteps.untold())
        .restore(RestoreRequest.latest(store, destination));
  }

  private static Backoff noWait() {
    return new Backoff(Duration.ofNanos(10), Duration.ofNanos(10), new Random(1));
  }

  private static SmallReplica replica() {
    if (replica == null) {
      throw new IllegalStateException("not built");
    }
    return replica;
  }
}
