package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.splitbrain.MemoryReplica;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgedStoreTest {
  private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectBody BODY = ObjectBody.of(new byte[10]);

  /** Over one kind of store. */
  abstract static class Aged {
    private Instant now = BEGINNING;
    private final AgedStore.Times times = new AgedStore.Times(() -> now, Duration.ofDays(-100));

    /** The place of a test, which another call opens once more. */
    abstract ObjectStore place();

    private AgedStore aged() {
      return new AgedStore(place(), times);
    }

    private void advance(Duration time) {
      now = now.plus(time);
    }

    private static Map<String, Instant> modified(ObjectStore store) {
      Map<String, Instant> found = new LinkedHashMap<>();
      String after = "";
      while (true) {
        Listing page = store.list("", after);
        for (Listing.Entry object : page.objects()) {
          found.put(object.key(), object.modified());
          after = object.key();
        }
        if (!page.truncated()) {
          return found;
        }
      }
    }

    @Test
    void answers_tellTheTimeOfTheTestsClock() {
      AgedStore store = aged();
      for (int day = 0; day < 3; day++) {
        PutResult written = store.put("lease", BODY);
        assertThat(written.storeTime()).isEqualTo(now);
        assertThat(store.putIfAbsent("log/" + day, BODY).storeTime()).isEqualTo(now);
        assertThat(store.putIfAbsent("log/" + day, BODY).storeTime()).isEqualTo(now);
        assertThat(store.putIfMatch("none", BODY, "e").storeTime()).isEqualTo(now);
        String etag = Objects.requireNonNull(written.etag());
        assertThat(store.putIfMatch("lease", BODY, etag).storeTime()).isEqualTo(now);
        assertThat(store.putIfMatch("lease", BODY, etag).storeTime()).isEqualTo(now);
        try (StoredObject whole = store.get("lease");
            StoredObject part = store.getRange("lease", 2, 3)) {
          assertThat(whole.storeTime()).isEqualTo(now);
          assertThat(part.storeTime()).isEqualTo(now);
          assertThat(part.readAll()).hasSize(3);
        }
        assertThat(store.list("", "", 1).storeTime()).isEqualTo(now);
        advance(Duration.ofDays(1));
      }
    }

    @Test
    void objects_areAsOldAsTheTestsClockSays() {
      AgedStore store = aged();
      store.putIfAbsent("log/1", BODY);
      store.put("lease", BODY);
      advance(Duration.ofDays(7));
      store.putIfAbsent("log/2", BODY);
      store.putIfAbsent("log/1", BODY);
      advance(Duration.ofDays(365));
      store.put("lease", BODY);

      assertThat(modified(store))
          .containsExactly(
              entry("lease", BEGINNING.plus(Duration.ofDays(372))),
              entry("log/1", BEGINNING),
              entry("log/2", BEGINNING.plus(Duration.ofDays(7))));
    }

    @Test
    void objects_doNotBecomeOlderWhenTheClockGoesBack() {
      AgedStore store = aged();
      store.put("lease", BODY);
      advance(Duration.ofDays(-1));
      assertThat(store.put("lease", BODY).storeTime()).isEqualTo(now);

      assertThat(modified(store)).containsExactly(entry("lease", BEGINNING));
    }

    @Test
    void objects_thatOthersWrote_keepTheStoresTimeMovedByADuration() {
      ObjectStore wrapped = place();
      wrapped.put("log/1", BODY);
      Map<String, Instant> unaged = modified(wrapped);
      Instant expected = Objects.requireNonNull(unaged.get("log/1")).minus(Duration.ofDays(100));
      AgedStore store = aged();

      store.putIfAbsent("log/2", BODY);
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.EXISTS);

      assertThat(modified(store))
          .containsExactly(entry("log/1", expected), entry("log/2", BEGINNING));
      store.put("log/1", BODY);
      assertThat(modified(store)).containsEntry("log/1", BEGINNING);
    }

    @Test
    void storesOverOnePlace_agree() {
      AgedStore one = aged();
      AgedStore other = aged();
      one.putIfAbsent("log/1", BODY);
      advance(Duration.ofDays(1));
      other.putIfAbsent("log/2", BODY);
      advance(Duration.ofDays(1));
      ObjectStore third = aged().within(Duration.ofSeconds(1));
      third.putIfAbsent("log/3", BODY);

      assertThat(modified(one))
          .containsExactly(
              entry("log/1", BEGINNING),
              entry("log/2", BEGINNING.plus(Duration.ofDays(1))),
              entry("log/3", BEGINNING.plus(Duration.ofDays(2))));
      assertThat(modified(other)).isEqualTo(modified(one));
      assertThat(modified(third)).isEqualTo(modified(one));
      other.deleteAll(List.of("log/1"));
      one.putIfAbsent("log/1", BODY);
      assertThat(modified(third)).containsEntry("log/1", BEGINNING.plus(Duration.ofDays(2)));
    }

    @Test
    void objectCreatedAgain_isYoung_alsoWhereItsCreatorIsNotToldSo() {
      var faulty = new FaultInjectingStore(place(), 1);
      var store = new AgedStore(faulty, times);
      store.putIfAbsent("log/1", BODY);
      advance(Duration.ofDays(30));
      store.deleteAll(List.of("log/1"));
      faulty.failNext(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE);

      PutResult again = store.putIfAbsent("log/1", BODY);

      assertThat(again.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(again.storeTime()).isNull();
      assertThat(modified(store))
          .containsExactly(entry("log/1", BEGINNING.plus(Duration.ofDays(30))));
    }

    @Test
    void writeWhoseOutcomeNobodyKnows_countsOnlyWhereItWouldHaveReplaced() {
      var faulty = new FaultInjectingStore(place(), 1);
      var store = new AgedStore(faulty, times);
      store.put("lease", BODY);
      store.put("log/1", BODY);
      advance(Duration.ofDays(30));
      faulty.failNext(Operation.PUT, Fault.LOST_RESPONSE);
      faulty.failNext(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE);

      assertThat(store.put("lease", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);

      assertThat(modified(store))
          .containsExactly(
              entry("lease", BEGINNING.plus(Duration.ofDays(30))), entry("log/1", BEGINNING));
    }

    @Test
    void failedDeletion_changesNoTime() {
      var faulty = new FaultInjectingStore(place(), 1);
      var store = new AgedStore(faulty, times);
      store.put("log/1", BODY);
      advance(Duration.ofDays(30));
      faulty.failNext(Operation.DELETE, Fault.ERROR_BEFORE);

      assertThatThrownBy(() -> store.deleteAll(List.of("log/1")))
          .isInstanceOf(UnavailableException.class);

      assertThat(modified(store)).containsExactly(entry("log/1", BEGINNING));
    }

    @Test
    void writeThatIsRefusedOutright_leavesNoTime() {
      ObjectStore wrapped = place();
      var refused = new StoreAccessException("403");
      var faulty =
          new FaultInjectingStore(wrapped, 1)
              .beforeCall(
                  (operation, key) -> {
                    if (operation.writes()) {
                      throw refused;
                    }
                  });
      var store = new AgedStore(faulty, times);

      assertThatThrownBy(() -> store.put("log/1", BODY)).isSameAs(refused);

      wrapped.put("log/1", BODY);
      assertThat(modified(store))
          .containsEntry(
              "log/1",
              Objects.requireNonNull(modified(wrapped).get("log/1")).minus(Duration.ofDays(100)));
    }

    @Test
    void objectThatIsListedBeforeItsWriterIsAnswered_isAsOldAsItsWriting() {
      List<Map<String, Instant>> seen = new ArrayList<>();
      AgedStore reader = aged();
      var faulty =
          new FaultInjectingStore(place(), 1)
              .afterCall(
                  (operation, key) -> {
                    seen.add(modified(reader));
                    advance(Duration.ofHours(1));
                  });
      var writer = new AgedStore(faulty, times);

      writer.putIfAbsent("log/1", BODY);

      assertThat(seen).containsExactly(Map.of("log/1", BEGINNING));
      assertThat(modified(reader))
          .containsExactly(entry("log/1", BEGINNING.plus(Duration.ofHours(1))));
    }

    @Test
    void objectCreatedWhileItsDeleterIsNotYetAnswered_isYoung() {
      AgedStore writer = aged();
      writer.put("log/1", BODY);
      advance(Duration.ofDays(30));
      var faulty =
          new FaultInjectingStore(place(), 1)
              .afterCall((operation, key) -> assertDone(writer.putIfAbsent(key, BODY)));
      var deleter = new AgedStore(faulty, times);

      deleter.deleteAll(List.of("log/1"));

      assertThat(modified(writer))
          .containsExactly(entry("log/1", BEGINNING.plus(Duration.ofDays(30))));
    }

    private static void assertDone(PutResult written) {
      assertThat(written.outcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void creators_ofOneKeyAtATime_leaveOneTimeThatAllSee() throws Exception {
      int count = 8;
      List<AgedStore> stores = IntStream.range(0, count).mapToObj(i -> aged()).toList();
      ExecutorService threads = Executors.newFixedThreadPool(count);
      try {
        for (int round = 0; round < 20; round++) {
          String key = "log/" + round;
          Instant expected = now;
          var start = new CountDownLatch(1);
          List<Future<Outcome>> creating = new ArrayList<>();
          for (AgedStore store : stores) {
            creating.add(
                threads.submit(
                    () -> {
                      start.await();
                      return store.putIfAbsent(key, BODY).outcome();
                    }));
          }
          start.countDown();
          List<Outcome> outcomes = new ArrayList<>();
          for (Future<Outcome> each : creating) {
            outcomes.add(each.get());
          }
          assertThat(outcomes).containsOnlyOnce(Outcome.DONE);
          advance(Duration.ofDays(1));
          assertThat(stores)
              .allSatisfy(store -> assertThat(modified(store)).containsEntry(key, expected));
        }
      } finally {
        threads.shutdownNow();
      }
    }

    @Test
    void year_ofWritesAndDeletions_leavesWhatABookSays() {
      long seed = new Random().nextLong();
      var random = new Random(seed);
      List<AgedStore> stores = List.of(aged(), aged());
      var book = new TreeMap<String, Instant>();
      for (int day = 0; day < 365; day++) {
        AgedStore store = stores.get(random.nextInt(2));
        String key = "log/" + (100 + day);
        store.putIfAbsent(key, BODY);
        book.put(key, now);
        store.put("lease", BODY);
        book.put("lease", now);
        advance(Duration.ofMinutes(random.nextInt(2_880)));
        Instant oldest = now.minus(Duration.ofDays(7));
        List<String> old =
            modified(stores.get(random.nextInt(2))).entrySet().stream()
                .filter(each -> each.getValue().isBefore(oldest))
                .map(Map.Entry::getKey)
                .toList();
        stores.get(random.nextInt(2)).deleteAll(old);
        book.values().removeIf(time -> time.isBefore(oldest));
        assertThat(modified(store)).as("seed %d, day %d", seed, day).isEqualTo(book);
      }
      assertThat(book).hasSizeLessThan(60);
    }

    @Test
    void allElse_isAsTheWrappedStoreDoesIt() {
      ObjectStore wrapped = place();
      AgedStore store = aged();
      store.put("log/1", BODY);
      store.put("log/2", BODY);

      assertThat(store).hasToString(wrapped.toString());
      assertThat(store.list("log/", "", 1).objects()).hasSize(1);
      assertThat(store.list("log/", "", 1).truncated()).isTrue();
      assertThat(store.absence()).isEqualTo(wrapped.absence());
      assertThat(store.namesBeside("log/", 5)).isEqualTo(wrapped.namesBeside("log/", 5));
      assertThatThrownBy(() -> store.get("log/3")).isInstanceOf(MissingObjectException.class);
      store.deleteAll(List.of("log/1", "log/3"));
      assertThat(wrapped.list("", "").objects())
          .extracting(Listing.Entry::key)
          .containsExactly("log/2");
    }
  }

  @Nested
  class OverFiles extends Aged {
    @TempDir Path directory;

    @Override
    ObjectStore place() {
      return new FileObjectStore(directory.resolve("replica"));
    }
  }

  @Nested
  class OverMemory extends Aged {
    private final ObjectStore memory = new MemoryReplica();

    @Override
    ObjectStore place() {
      return memory;
    }
  }
}
