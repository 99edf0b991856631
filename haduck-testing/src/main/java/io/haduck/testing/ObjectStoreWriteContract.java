package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The part of {@link ObjectStoreContract} that is about writing; that one is to be extended. */
public abstract class ObjectStoreWriteContract {
  static final int THREADS = 16;

  private final List<ObjectStore> opened = new ArrayList<>();

  /** A store of its own for each test, empty when the test begins, and closed at its end. */
  protected ObjectStore store;

  /** For {@link ObjectStoreContract}. */
  ObjectStoreWriteContract() {}

  /**
   * Opens the store of one replica. A test opens several, and closes all of them at its end.
   *
   * @param name has letters, digits and odd characters; the same one opens the same store again,
   *     and stores of different names see nothing of each other
   */
  protected abstract ObjectStore openStore(String name);

  /**
   * Whether of several concurrent {@link ObjectStore#putIfMatch} at most one can succeed. A server
   * that compares first and writes afterwards is good enough for tests of everything else.
   */
  protected boolean comparesAtomically() {
    return true;
  }

  @BeforeEach
  void openFreshStore() {
    store = open("contract-" + UUID.randomUUID());
  }

  @AfterEach
  void closeStores() {
    opened.forEach(ObjectStore::close);
  }

  final ObjectStore open(String name) {
    ObjectStore another = openStore(name);
    opened.add(another);
    return another;
  }

  @Test
  void put_thenGet_returnsBytesLengthAndEtag() {
    PutResult written = store.put("log/1.changeset", body("one", "two"));

    assertThat(written.outcome()).isEqualTo(Outcome.DONE);
    try (StoredObject object = store.get("log/1.changeset")) {
      assertThat(object.length()).isEqualTo(6);
      assertThat(object.etag()).isEqualTo(written.etag());
      assertThat(object.name()).contains("log/1.changeset");
      assertThat(object.readAll()).isEqualTo(bytes("onetwo"));
    }
  }

  @Test
  void put_ofExistingKey_replacesItAndChangesEtag() {
    PutResult first = store.put("lease", body("a"));
    PutResult second = store.put("lease", body("b"));

    assertThat(second.outcome()).isEqualTo(Outcome.DONE);
    assertThat(second.etag()).isNotEqualTo(first.etag());
    assertThat(text("lease")).isEqualTo("b");
  }

  @Test
  void put_ofNothing_makesAnEmptyObject() {
    assertThat(store.put("empty", ObjectBody.of()).outcome()).isEqualTo(Outcome.DONE);

    assertThat(text("empty")).isEmpty();
    assertThat(store.list("", "").objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("empty", 0L));
  }

  @Test
  void putIfAbsent_ofExistingKey_keepsTheFirst() {
    PutResult first = store.putIfAbsent("log/1", body("first"));
    PutResult second = store.putIfAbsent("log/1", body("second"));

    assertThat(first.outcome()).isEqualTo(Outcome.DONE);
    assertThat(first.etag()).isNotEmpty();
    assertThat(second.outcome()).isEqualTo(Outcome.EXISTS);
    assertThat(second.storeTime()).isNotNull();
    assertThat(text("log/1")).isEqualTo("first");
  }

  @Test
  void putIfAbsent_afterDeletion_creates() {
    store.putIfAbsent("log/1", body("first"));
    store.deleteAll(List.of("log/1"));

    assertThat(store.putIfAbsent("log/1", body("second")).outcome()).isEqualTo(Outcome.DONE);
    assertThat(text("log/1")).isEqualTo("second");
  }

  @Test
  void putIfAbsent_bySixteenThreads_succeedsForOneAndItsBytesAreThere() throws Exception {
    for (int round = 0; round < 20; round++) {
      String key = "log/" + round;
      List<PutResult> results =
          concurrently(i -> store.putIfAbsent(key, body("writer ", String.valueOf(i))));

      List<Integer> winners =
          IntStream.range(0, THREADS)
              .filter(i -> results.get(i).outcome() == Outcome.DONE)
              .boxed()
              .toList();
      assertThat(winners).hasSize(1);
      assertThat(results)
          .extracting(PutResult::outcome)
          .isSubsetOf(Outcome.DONE, Outcome.EXISTS, Outcome.UNKNOWN);
      assertThat(text(key)).isEqualTo("writer " + winners.get(0));
    }
  }

  @Test
  void putIfMatch_withTheEtagThatIsThere_replaces() {
    String etag = etag(store.put("lease", body("a")));

    PutResult second = store.putIfMatch("lease", body("b"), etag);
    PutResult third = store.putIfMatch("lease", body("c"), etag(second));

    assertThat(second.outcome()).isEqualTo(Outcome.DONE);
    assertThat(third.outcome()).isEqualTo(Outcome.DONE);
    assertThat(text("lease")).isEqualTo("c");
  }

  @Test
  void putIfMatch_withEtagOfGet_replaces() {
    store.put("lease", body("a"));
    String etag;
    try (StoredObject object = store.get("lease")) {
      etag = object.etag();
    }

    assertThat(store.putIfMatch("lease", body("b"), etag).outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void putIfMatch_withStaleEtag_isMismatchAndChangesNothing() {
    String stale = etag(store.put("lease", body("a")));
    store.putIfMatch("lease", body("b"), stale);

    PutResult result = store.putIfMatch("lease", body("c"), stale);

    assertThat(result.outcome()).isEqualTo(Outcome.MISMATCH);
    assertThat(result.storeTime()).isNotNull();
    assertThat(text("lease")).isEqualTo("b");
  }

  @Test
  void putIfMatch_ofMissingKey_isMissing() {
    String etag = etag(store.put("other", body("a")));

    assertThat(store.putIfMatch("lease", body("b"), etag).outcome()).isEqualTo(Outcome.MISSING);
    assertThat(store.list("lease", "").objects()).isEmpty();
  }

  @Test
  void putIfMatch_bySixteenThreads_losesNoIncrement() throws Exception {
    assumeTrue(comparesAtomically(), "this server compares first and writes afterwards");
    store.put("counter", body("0"));

    List<Integer> counts =
        concurrently(
            i -> {
              int done = 0;
              for (int attempt = 0; attempt < 20; attempt++) {
                int value;
                String etag;
                try (StoredObject object = store.get("counter")) {
                  value = Integer.parseInt(new String(object.readAll(), StandardCharsets.UTF_8));
                  etag = object.etag();
                }
                var result = store.putIfMatch("counter", body(String.valueOf(value + 1)), etag);
                done += result.outcome() == Outcome.DONE ? 1 : 0;
              }
              return done;
            });

    assertThat(Integer.parseInt(text("counter")))
        .isEqualTo(counts.stream().mapToInt(Integer::intValue).sum())
        .isPositive();
  }

  @Test
  void writes_byAnInterruptedThread_areDoneOrUnknownAndKeepTheFlag() {
    for (int i = 0; i < 20; i++) {
      PutResult result;
      boolean kept;
      Thread.currentThread().interrupt();
      try {
        result = store.putIfAbsent("log/" + i, body("x"));
      } finally {
        kept = Thread.interrupted();
      }
      assertThat(kept).isTrue();
      assertThat(result.outcome()).isIn(Outcome.DONE, Outcome.UNKNOWN);
      // And the store is none the worse for it.
      assertThat(store.putIfAbsent("log/" + i, body("x")).outcome())
          .isIn(
              result.outcome() == Outcome.DONE
                  ? List.of(Outcome.EXISTS)
                  : List.of(Outcome.DONE, Outcome.EXISTS));
      assertThat(text("log/" + i)).isEqualTo("x");
    }
  }

  @Test
  void writes_interruptedMidway_leaveNoHalfObject() throws Exception {
    byte[] piece = new byte[1 << 20];
    Arrays.fill(piece, (byte) 7);
    var large = ObjectBody.of(Collections.nCopies(16, piece));
    for (int i = 0; i < 5; i++) {
      String key = "segment/" + i;
      var started = new CountDownLatch(1);
      var results = new ArrayList<PutResult>();
      var writer =
          new Thread(
              () -> {
                started.countDown();
                results.add(store.putIfAbsent(key, large));
              });
      writer.start();
      started.await();
      while (writer.isAlive()) {
        writer.interrupt();
        writer.join(1 + i);
      }
      assertThat(results).hasSize(1);
      assertThat(results.get(0).outcome()).isIn(Outcome.DONE, Outcome.UNKNOWN);
      store.list("segment/", "").objects().stream()
          .filter(entry -> entry.key().equals(key))
          .forEach(entry -> assertThat(entry.length()).isEqualTo(16L << 20));
    }
  }

  /** The entity tag of an object that was written. */
  static String etag(PutResult written) {
    return Objects.requireNonNull(written.etag(), "etag of " + written.outcome());
  }

  /** What one of several threads does. */
  interface Numbered<T> {
    T run(int number) throws Exception;
  }

  static <T> List<T> concurrently(Numbered<T> work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      var start = new CountDownLatch(1);
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int number = i;
        Callable<T> task =
            () -> {
              start.await();
              return work.run(number);
            };
        futures.add(threads.submit(task));
      }
      start.countDown();
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  final String text(String key) {
    return new String(store.read(key, 1 << 20), StandardCharsets.UTF_8);
  }

  static ObjectBody body(String... pieces) {
    return ObjectBody.of(Arrays.stream(pieces).map(ObjectStoreWriteContract::bytes).toList());
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
