package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The part of {@link ObjectStoreContract} that is about listing; that one is to be extended. */
public abstract class ObjectStoreListingContract extends ObjectStoreWriteContract {
  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(key -> key.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  /** Of times that are told in whole seconds, and cut off or rounded. */
  private static final Duration PRECISION = Duration.ofSeconds(1);

  /** For {@link ObjectStoreContract}. */
  ObjectStoreListingContract() {}

  @Test
  void list_ofManyKeys_comesInPagesInOrder() throws Exception {
    List<String> keys =
        IntStream.rangeClosed(1, 2_345).mapToObj(i -> String.format("log/%020d", i)).toList();
    putAll(keys);
    store.put("lease", body("x"));
    store.put("segment/1", body("x"));

    Listing first = store.list("log/", "");
    assertThat(first.truncated()).isTrue();
    assertThat(first.objects()).hasSizeLessThanOrEqualTo(1000);
    assertThat(listAll("log/", "")).containsExactlyElementsOf(keys);
    assertThat(listAll("", "")).hasSize(2_347).startsWith("lease").endsWith("segment/1");
    assertThat(listAll("log/", keys.get(1_500)))
        .containsExactlyElementsOf(keys.subList(1_501, keys.size()));
    assertThat(listAll("log/0000000000000000099", ""))
        .containsExactlyElementsOf(keys.subList(989, 999));
    assertThat(listAll("log/", keys.get(keys.size() - 1))).isEmpty();
    for (int i : List.of(0, 999, 1_000, 2_343)) {
      assertThat(page("log/", keys.get(i), 1)).containsExactly(keys.get(i + 1));
      assertThat(page("log/", keys.get(i) + "0", 1)).containsExactly(keys.get(i + 1));
    }

    store.deleteAll(keys);
    assertThat(listAll("", "")).containsExactly("lease", "segment/1");
  }

  @Test
  void list_sortsByUtf8Bytes() {
    var keys = new ArrayList<>(List.of("a-b", "a/b", "a0", "b", "Z", "a/é", "a/\uFFEE"));
    Collections.shuffle(keys, new Random(7));
    keys.forEach(key -> store.put(key, body("x")));

    assertThat(listAll("", "")).containsExactly("Z", "a-b", "a/b", "a/é", "a/\uFFEE", "a0", "b");
    assertThat(listAll("a", "a-b")).containsExactly("a/b", "a/é", "a/\uFFEE", "a0");
    assertThat(listAll("a/", "a/b")).containsExactly("a/é", "a/\uFFEE");
    assertThat(listAll("", "a/zzz")).containsExactly("a/é", "a/\uFFEE", "a0", "b");
    assertThat(listAll("a/", "b")).isEmpty();
  }

  @Test
  void list_afterAKeyThatDoesNotExist_goesOnBehindIt() {
    store.put("log/1", body("x"));
    store.put("log/3", body("xyz"));

    Listing listing = store.list("log/", "log/2");

    assertThat(listing.objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("log/3", 3L));
    assertThat(listing.truncated()).isFalse();
  }

  @Test
  void list_afterWhatIsOutsideThePrefix_goesByTheOrderOfBytesAlone() {
    Stream.of("lease", "log/1", "log/2", "log0", "snapshot/1").forEach(this::putSmall);

    assertThat(page("log/", "a", 1)).containsExactly("log/1");
    assertThat(page("log/", "lease", 1)).containsExactly("log/1");
    assertThat(page("log/", "log", 1)).containsExactly("log/1");
    assertThat(page("log/", "log/", 1)).containsExactly("log/1");
    assertThat(page("log/2", "log/", 1)).containsExactly("log/2");
    assertThat(page("log/", "log/1/below", 1)).containsExactly("log/2");
    assertThat(page("log/", "log/2", 1)).isEmpty();
    assertThat(page("log/", "log0", 1)).isEmpty();
    assertThat(page("log/", "snapshot/1", 1)).isEmpty();
    assertThat(page("", "log/2", 1)).containsExactly("log0");
    assertThat(page("log", "", 1)).containsExactly("log/1");
    assertThat(page("kept/", "", 1)).isEmpty();
  }

  @Test
  void list_withALimit_isNeverLongerAndMissesNothing() {
    List<String> keys =
        List.of("Z", "a-b", "a/b/c", "a/b0", "a/é", "a0", "log/1", "log/10", "log/2");
    keys.forEach(this::putSmall);

    for (String prefix : List.of("", "a", "a/", "a/b", "log/", "log/1", "log/2", "z")) {
      List<String> expected = keys.stream().filter(key -> key.startsWith(prefix)).toList();
      for (int limit : List.of(1, 2, 3, 7, 8, 9, 999, 1000)) {
        assertThat(inPages(store, prefix, "", limit))
            .as("below '%s', %d at a time", prefix, limit)
            .containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void list_withTheLimitThatIsThere_isTheLastPageOrIsFollowedByAnEmptyOne() {
    List<String> keys = List.of("log/1", "log/2", "log/3");
    keys.forEach(this::putSmall);

    Listing page = store.list("log/", "", 3);

    assertThat(page.objects()).extracting(Listing.Entry::key).containsExactlyElementsOf(keys);
    Listing next = store.list("log/", "log/3", 3);
    assertThat(next.objects()).isEmpty();
    assertThat(next.truncated()).isFalse();
    assertThat(store.list("log/", "", 2).truncated()).isTrue();
    assertThat(store.list("log/", "", 4).truncated()).isFalse();
  }

  @Test
  void list_ofDrawnKeys_isWhatASortedSetSays() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var keys = new TreeSet<>(BY_BYTES);
    for (int i = 0; i < 60; i++) {
      String key = drawnKey(random);
      boolean alsoADirectory =
          keys.stream()
              .anyMatch(other -> other.startsWith(key + "/") || key.startsWith(other + "/"));
      if (!alsoADirectory) {
        keys.add(key);
      }
    }
    keys.forEach(this::putSmall);

    for (int i = 0; i < 200; i++) {
      String prefix = beginning(drawnKey(random), random);
      String after = beginning(drawnKey(random), random);
      int limit = 1 + random.nextInt(10);
      assertThat(inPages(store, prefix, after, limit))
          .as("seed %d: below '%s' after '%s', %d at a time", seed, prefix, after, limit)
          .containsExactlyElementsOf(
              keys.tailSet(after, false).stream().filter(key -> key.startsWith(prefix)).toList());
    }
  }

  private static String drawnKey(Random random) {
    List<String> letters = List.of("a", "b", "-", "0", "é", "\uFFEE");
    var key = new StringBuilder();
    for (int names = 1 + random.nextInt(3); names > 0; names--) {
      for (int length = 1 + random.nextInt(2); length > 0; length--) {
        key.append(letters.get(random.nextInt(letters.size())));
      }
      key.append(names == 1 ? "" : "/");
    }
    return key.toString();
  }

  private static String beginning(String key, Random random) {
    return key.substring(0, random.nextInt(key.length() + 1));
  }

  @Test
  void list_withALimitThatIsNone_isRefused() {
    for (int limit : List.of(Integer.MIN_VALUE, -1, 0, 1001, Integer.MAX_VALUE)) {
      assertThatThrownBy(() -> store.list("log/", "", limit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(limit));
    }
  }

  @Test
  void list_ofEmptyStore_isEmpty() {
    for (int limit : List.of(1, 1000)) {
      Listing listing = store.list("log/", "", limit);

      assertThat(listing.objects()).isEmpty();
      assertThat(listing.truncated()).isFalse();
      assertThat(listing.storeTime()).isNotNull();
    }
  }

  @Test
  void modified_isWhenTheObjectWasWrittenByTheStoresClock() {
    Instant before = time(store.put("before", body("x")));
    store.putIfAbsent("log/1", body("x"));
    Instant after = time(store.put("after", body("x")));

    assertThat(modified("log/1")).isBetween(before.minus(PRECISION), after.plus(PRECISION));
  }

  @Test
  void modified_doesNotGoBackWhenTheObjectIsReplaced() {
    Instant last = Instant.MIN;
    String etag = "";
    for (int i = 0; i < 10; i++) {
      Instant before = time(store.put("before", body("x")));
      PutResult written =
          i % 2 == 0
              ? store.put("lease", body("a" + i))
              : store.putIfMatch("lease", body("b" + i), etag);
      assertThat(written.outcome()).isEqualTo(Outcome.DONE);
      etag = etag(written);
      Instant after = time(store.put("after", body("x")));
      Instant modified = modified("lease");
      assertThat(modified)
          .isAfterOrEqualTo(last)
          .isBetween(before.minus(PRECISION), after.plus(PRECISION));
      last = modified;
    }
  }

  @Test
  void modified_staysWhatItIsUnlessTheObjectIsWritten() {
    store.putIfAbsent("log/1", body("x"));
    store.putIfAbsent("log/2", body("x"));
    Instant modified = modified("log/1");

    assertThat(store.putIfAbsent("log/1", body("y")).outcome()).isEqualTo(Outcome.EXISTS);
    assertThat(store.putIfMatch("log/1", body("y"), etag(store.put("log/2", body("y")))).outcome())
        .isEqualTo(Outcome.MISMATCH);
    store.read("log/1", 1);
    store.getRange("log/1", 0, 1).close();
    store.deleteAll(List.of("log/2", "log/3"));

    assertThat(modified("log/1")).isEqualTo(modified);
  }

  @Test
  void deleteAll_ofOneMoreThanAListingHas_deletesAllOfThem() throws Exception {
    List<String> keys =
        IntStream.rangeClosed(1, ObjectStore.MOST_LISTED + 1)
            .mapToObj(i -> String.format("log/%04d", i))
            .toList();
    putAll(keys);
    store.put("log/9999", body("x"));

    store.deleteAll(keys);

    assertThat(listAll("", "")).containsExactly("log/9999");
  }

  private void putSmall(String key) {
    assertThat(store.put(key, body("x")).outcome()).isEqualTo(Outcome.DONE);
  }

  private static Instant time(PutResult written) {
    return Objects.requireNonNull(written.storeTime(), "store time of " + written.outcome());
  }

  private Instant modified(String key) {
    Listing page = store.list(key, "", 1);
    assertThat(page.objects()).extracting(Listing.Entry::key).containsExactly(key);
    return page.objects().get(0).modified();
  }

  private List<String> page(String prefix, String startAfter, int limit) {
    return store.list(prefix, startAfter, limit).objects().stream()
        .map(Listing.Entry::key)
        .toList();
  }

  private static List<String> inPages(
      ObjectStore from, String prefix, String startAfter, int limit) {
    var keys = new ArrayList<String>();
    String after = startAfter;
    while (true) {
      Listing page = from.list(prefix, after, limit);
      assertThat(page.objects()).hasSizeLessThanOrEqualTo(limit);
      page.objects().forEach(entry -> keys.add(entry.key()));
      if (!page.truncated()) {
        return keys;
      }
      assertThat(page.objects()).isNotEmpty();
      after = keys.get(keys.size() - 1);
    }
  }

  static List<String> listAll(ObjectStore from, String prefix, String startAfter) {
    return inPages(from, prefix, startAfter, ObjectStore.MOST_LISTED);
  }

  final List<String> listAll(String prefix, String startAfter) {
    return listAll(store, prefix, startAfter);
  }

  private void putAll(Collection<String> all) throws Exception {
    List<String> keys = List.copyOf(all);
    concurrently(
        i -> {
          for (int k = i; k < keys.size(); k += THREADS) {
            putSmall(keys.get(k));
          }
          return i;
        });
  }
}
