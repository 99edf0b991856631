package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.store.ConditionalWriteProbe;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ObjectStore} must do, as tests: one small subclass for each store.
 *
 * <pre>{@code
 * class MyObjectStoreTest extends ObjectStoreContract {
 *   @Override
 *   protected ObjectStore openStore(String name) {
 *     return new MyObjectStore("bucket", "prefix/" + name);
 *   }
 * }
 * }</pre>
 *
 * <p>Run it against the real thing: what matters most is what many threads, slow networks and odd
 * names make of it. It needs JUnit 5 and AssertJ, leaves objects behind under random names, and
 * writes some 20 MB.
 */
public abstract class ObjectStoreContract extends ObjectStoreListingContract {
  /** For subclasses. */
  protected ObjectStoreContract() {}

  @Test
  void get_ofMissingKey_isMissingObjectThatNamesIt() {
    assertThatThrownBy(() -> store.get("log/7.changeset"))
        .isInstanceOf(MissingObjectException.class)
        .hasMessageContaining("log/7.changeset");
    assertThatThrownBy(() -> store.getRange("log/7.changeset", 0, 1))
        .isInstanceOf(MissingObjectException.class)
        .hasMessageContaining("log/7.changeset");
  }

  @Test
  void get_ofWhatIsOnlyAPrefixOfKeys_isMissingObject() {
    store.put("log/1", body("a"));

    assertThatThrownBy(() -> store.get("log")).isInstanceOf(MissingObjectException.class);
  }

  @Test
  void getRange_atTheEdges_yieldsWhatIsThere() {
    store.put("segment", body("0123456789"));

    assertThat(range("segment", 0, 1)).isEqualTo("0");
    assertThat(range("segment", 0, 10)).isEqualTo("0123456789");
    assertThat(range("segment", 3, 4)).isEqualTo("3456");
    assertThat(range("segment", 9, 1)).isEqualTo("9");
    assertThat(range("segment", 8, 100)).isEqualTo("89");
    assertThat(range("segment", 0, Long.MAX_VALUE)).isEqualTo("0123456789");
    assertThat(range("segment", 5, Long.MAX_VALUE)).isEqualTo("56789");
    assertThat(range("segment", 10, 1)).isEmpty();
    assertThat(range("segment", 1000, 5)).isEmpty();
  }

  @Test
  void within_holdsTheSameObjects() {
    ObjectStore limited = store.within(Duration.ofMinutes(5)).within(Duration.ofMinutes(10));
    limited.put("log/1", body("a"));

    assertThat(store.read("log/1", 1)).asString(StandardCharsets.UTF_8).isEqualTo("a");
    assertThat(limited.read("log/1", 1)).asString(StandardCharsets.UTF_8).isEqualTo("a");
    assertThat(limited.list("log/", "").objects()).hasSize(1);
    assertThat(limited).hasToString(store.toString());
    limited.deleteAll(List.of("log/1"));
    assertThatThrownBy(() -> store.get("log/1")).isInstanceOf(MissingObjectException.class);
  }

  @Test
  void getRange_ofEmptyObject_isEmpty() {
    store.put("empty", ObjectBody.of());

    assertThat(range("empty", 0, 5)).isEmpty();
  }

  @Test
  void getRange_tellsTheEtagOfTheWholeObject() {
    String etag = store.put("segment", body("0123456789")).etag();

    try (StoredObject object = store.getRange("segment", 2, 3)) {
      assertThat(object.etag()).isEqualTo(etag);
      assertThat(object.length()).isEqualTo(3);
    }
  }

  @Test
  void stores_ofNamesThatBeginAlike_doNotSeeEachOther() {
    String name = "contract-" + UUID.randomUUID();
    ObjectStore one = open(name);
    ObjectStore other = open(name + "2");
    one.put("log/1", body("one"));
    other.put("log/2", body("other"));

    assertThat(one.list("", "").objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("log/1", 3L));
    assertThat(other.list("", "").objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("log/2", 5L));
    assertThatThrownBy(() -> other.get("log/1")).isInstanceOf(MissingObjectException.class);
  }

  @Test
  void stores_ofTheSameName_seeEachOthersWrites() {
    String name = "contract-" + UUID.randomUUID();
    ObjectStore writer = open(name);
    ObjectStore reader = open(name);

    for (int i = 0; i < 20; i++) {
      String key = "log/" + i;
      writer.putIfAbsent(key, body("x"));
      assertThat(listAll(reader, "log/", "")).hasSize(i + 1).contains(key);
      assertThat(reader.read(key, 10)).hasSize(1);
    }
  }

  @Test
  void names_withOddCharacters_work() {
    ObjectStore odd = open("odd ü+%20(1)&=@~!'" + UUID.randomUUID());
    List<String> keys =
        List.of(
            "log/00000000000000000001.changeset",
            "segment/00000000000000000001-0f3a-12.segment",
            "a b+c%2Fd",
            "ü=&'(x)~@!,",
            "dots..and...more");
    for (String key : keys) {
      assertThat(odd.putIfAbsent(key, body(key)).outcome()).isEqualTo(Outcome.DONE);
    }
    for (String key : keys) {
      assertThat(odd.read(key, 1000)).isEqualTo(bytes(key));
      assertThat(odd.putIfAbsent(key, body(key)).outcome()).isEqualTo(Outcome.EXISTS);
    }
    assertThat(odd.list("", "").objects())
        .extracting(Listing.Entry::key)
        .containsExactlyInAnyOrderElementsOf(keys);
    odd.deleteAll(keys);
    assertThat(odd.list("", "").objects()).isEmpty();
  }

  @Test
  void deleteAll_ofExistingAndMissingKeys_leavesTheOthers() {
    store.put("log/1", body("x"));
    store.put("log/2", body("x"));
    store.put("log/10", body("x"));

    store.deleteAll(List.of("log/1", "log/404", "nowhere/1", "log/2"));
    store.deleteAll(List.of());

    assertThat(listAll("", "")).containsExactly("log/10");
    assertThatThrownBy(() -> store.get("log/1")).isInstanceOf(MissingObjectException.class);
  }

  @Test
  void deleteAll_inEmptyStore_isNoError() {
    assertThatCode(() -> store.deleteAll(List.of("log/1", "lease"))).doesNotThrowAnyException();
  }

  @Test
  void largeBody_streamsBothWays() throws Exception {
    List<byte[]> pieces = new ArrayList<>();
    var random = new Random(40);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < 40; i++) {
      byte[] piece = new byte[1 << 20];
      random.nextBytes(piece);
      digest.update(piece);
      pieces.add(piece);
    }
    String expected = HexFormat.of().formatHex(digest.digest());

    assertThat(store.putIfAbsent("segment/large", ObjectBody.of(pieces)).outcome())
        .isEqualTo(Outcome.DONE);

    byte[] buffer = new byte[10_000];
    long length = 0;
    try (StoredObject object = store.get("segment/large")) {
      assertThat(object.length()).isEqualTo(40L << 20);
      for (int n = object.content().read(buffer); n >= 0; n = object.content().read(buffer)) {
        digest.update(buffer, 0, n);
        length += n;
      }
    }
    assertThat(length).isEqualTo(40L << 20);
    assertThat(HexFormat.of().formatHex(digest.digest())).isEqualTo(expected);
    try (StoredObject object = store.getRange("segment/large", (17L << 20) - 3, 6)) {
      byte[] around = new byte[6];
      System.arraycopy(pieces.get(16), (1 << 20) - 3, around, 0, 3);
      System.arraycopy(pieces.get(17), 0, around, 3, 3);
      assertThat(object.readAll()).isEqualTo(around);
    }
  }

  @Test
  void objects_closedUnread_leakNothing() throws Exception {
    store.put("segment/large", ObjectBody.of(new byte[4 << 20]));

    for (int i = 0; i < 200; i++) {
      try (StoredObject object = store.get("segment/large")) {
        assertThat(object.content().read()).isZero();
      }
    }
    assertThat(range("segment/large", 0, 3)).hasSize(3);
  }

  @Test
  void content_readToItsEnd_staysAtItsEnd() throws IOException {
    store.put("log/1", body("0123456789"));

    try (StoredObject object = store.getRange("log/1", 2, 4)) {
      InputStream content = object.content();
      assertThat(content.readAllBytes()).isEqualTo(bytes("2345"));
      assertThat(content.read()).isEqualTo(-1);
      assertThat(content.read(new byte[8], 0, 8)).isEqualTo(-1);
    }
  }

  @Test
  void storeTimes_neverRunBackwards_andReadsAreNotLaterThanLaterWrites() {
    Instant started = Instant.now();
    Instant previous = Instant.EPOCH;
    for (int i = 0; i < 10; i++) {
      PutResult created = store.putIfAbsent("log/" + i, body("x"));
      assertThat(created.storeTime()).isAfterOrEqualTo(previous);
      Instant read;
      try (StoredObject object = store.get("log/" + i)) {
        read = object.storeTime();
      }
      Instant listed = store.list("log/", "").storeTime();
      PutResult refused = store.putIfAbsent("log/" + i, body("x"));
      PutResult leased = store.put("lease", body(String.valueOf(i)));
      assertThat(read).isBeforeOrEqualTo(leased.storeTime());
      assertThat(listed).isBeforeOrEqualTo(leased.storeTime());
      assertThat(refused.storeTime()).isBetween(created.storeTime(), leased.storeTime());
      previous = leased.storeTime();
    }
    // Only a test on one machine may compare the two clocks.
    assertThat(previous)
        .isBetween(started.minus(Duration.ofSeconds(5)), Instant.now().plusSeconds(5));
  }

  @Test
  void read_ofMoreThanAllowed_isCorruptData() {
    store.put("lease", body("0123456789"));

    assertThat(store.read("lease", 10)).hasSize(10);
    assertThatThrownBy(() -> store.read("lease", 9))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("lease")
        .hasMessageContaining("10 bytes");
  }

  @Test
  void probe_passesAndCleansUp() {
    new ConditionalWriteProbe(store).run("0123456789abcdef");

    assertThat(store.list("", "").objects()).isEmpty();
  }

  @Test
  void close_twice_isNoError() {
    store.close();
    assertThatCode(store::close).doesNotThrowAnyException();
  }

  private String range(String key, long offset, long length) {
    try (StoredObject object = store.getRange(key, offset, length)) {
      return new String(object.readAll(), StandardCharsets.UTF_8);
    }
  }
}
