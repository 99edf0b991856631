package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How long calls are given, by a clock that stands still but for what the store takes. */
class PatientStoreTest {
  private static final ObjectBody BODY = ObjectBody.of(new byte[] {1});

  private final SlowStore slow = new SlowStore(null);
  private long nanos;

  private PatientStore patient(int seconds) {
    return new PatientStore(slow, Duration.ofSeconds(seconds), () -> nanos);
  }

  private List<Long> limits() {
    return slow.limits.stream().map(Duration::toSeconds).toList();
  }

  @Test
  void calls_areGivenThePatience_butNotTooLittle() {
    patient(12).list("", "");
    patient(1).putIfAbsent("a", BODY);
    assertThat(limits()).containsExactly(12L, 5L);
  }

  @Test
  void listings_keepTheirLimit() {
    var memory = new MemoryStore();
    memory.put("a", BODY);
    memory.put("b", BODY);
    var store = new PatientStore(memory, Duration.ofSeconds(5), () -> nanos);

    assertThat(store.list("", "", 1).objects()).hasSize(1);
    assertThat(store.list("", "", 1).truncated()).isTrue();
    assertThat(store.list("", "", 2).truncated()).isFalse();
  }

  @Test
  void whatIsGivenUp_isGivenTwiceTheTimeUntilItIsAnswered_andLessWhenItIsQuick() {
    PatientStore store = patient(5);
    store.tireless();
    slow.takes = Duration.ofSeconds(18);
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.DONE);
    assertThat(store.putIfAbsent("b", BODY).outcome()).isEqualTo(Outcome.DONE);
    slow.takes = Duration.ofSeconds(1);
    store.putIfAbsent("c", BODY);
    store.putIfAbsent("d", BODY);
    assertThat(limits()).containsExactly(5L, 10L, 20L, 30L, 30L, 5L);
  }

  @Test
  void answersToReads_doNotShortenTheTimeOfWrites() {
    PatientStore store = patient(5);
    store.tireless();
    slow.takes = Duration.ofSeconds(8);
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    slow.takes = Duration.ZERO;
    store.list("", "");
    slow.takes = Duration.ofSeconds(8);
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void whatCarriesMuch_tellsNothingOfTheTimeOfOthers() {
    PatientStore store = patient(5);
    slow.takes = Duration.ofSeconds(4);
    store.put("segment", ObjectBody.of(new byte[1 << 20]));
    store.put("small", BODY);
    assertThat(limits()).containsExactly(5L, 5L);
  }

  @Test
  void whoeverWaits_isNotHeldByTryingAgain() {
    PatientStore store = patient(20);
    slow.takes = Duration.ofMinutes(5);
    assertThatThrownBy(() -> store.get("a")).isInstanceOf(UnavailableException.class);
    assertThatThrownBy(() -> store.get("a"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("slow has not answered for 20 s")
        .hasMessageContaining("too slow for PT20S");
    assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(limits()).containsExactly(20L);
    assertThat(nanos).isEqualTo(Duration.ofSeconds(20).toNanos());
  }

  @Test
  void oneRequestThatHangs_amongOthersThatAreAnswered_isNoSilence() {
    PatientStore store = patient(5);
    store.get("a");
    slow.takes = Duration.ofMinutes(5);
    assertThatThrownBy(() -> store.get("b")).isInstanceOf(UnavailableException.class);
    slow.takes = Duration.ofSeconds(1);
    store.get("b");
    store.get("c");
    assertThat(limits()).containsExactly(5L, 5L, 10L, 5L);
  }

  @Test
  void anObjectThatIsNotThere_isAnAnswer() {
    PatientStore store = patient(5);
    slow.isEmpty = true;
    assertThatThrownBy(() -> store.get("a")).isInstanceOf(MissingObjectException.class);
    slow.isEmpty = false;
    slow.takes = Duration.ofMinutes(5);
    assertThatThrownBy(() -> store.get("b")).isInstanceOf(UnavailableException.class);
    slow.takes = Duration.ZERO;
    store.get("b");
  }

  @Test
  void whoeverComesLater_isNotRefusedForWhatWasBefore() {
    PatientStore store = patient(20);
    slow.takes = Duration.ofMinutes(5);
    assertThatThrownBy(() -> store.get("a")).isInstanceOf(UnavailableException.class);
    nanos += Duration.ofSeconds(21).toNanos();
    slow.takes = Duration.ZERO;
    store.get("a");
    assertThat(limits()).containsExactly(20L, 20L);
  }

  @Test
  void whatFailsAtOnce_takesFromTheTimeOfTheNext() {
    PatientStore store = patient(20);
    slow.refuses = true;
    assertThatThrownBy(() -> store.get("a")).isInstanceOf(UnavailableException.class);
    nanos += Duration.ofSeconds(12).toNanos();
    slow.refuses = false;
    store.get("a");
    store.get("a");
    assertThat(limits()).containsExactly(20L, 8L, 20L);
  }

  @Test
  void whoeverIsTireless_asksAgainForEver() {
    PatientStore store = patient(20);
    store.tireless();
    slow.takes = Duration.ofMinutes(5);
    for (int i = 0; i < 4; i++) {
      assertThat(store.put("a", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    }
    assertThat(limits()).containsExactly(20L, 30L, 30L, 30L);
    store.patience(Duration.ofSeconds(100));
    store.put("a", BODY);
    assertThat(limits()).endsWith(100L);
  }

  /** Takes a time by the clock, up to the limit. */
  private final class SlowStore implements ObjectStore {
    final List<Duration> limits = new ArrayList<>();
    private final MemoryStore store = new MemoryStore();
    private final @Nullable Duration limit;
    Duration takes = Duration.ZERO;
    boolean refuses;
    boolean isEmpty;

    SlowStore(@Nullable Duration limit) {
      this.limit = limit;
    }

    @Override
    public ObjectStore within(Duration longest) {
      limits.add(longest);
      var limited = new SlowStore(longest);
      limited.takes = takes;
      limited.refuses = refuses;
      limited.isEmpty = isEmpty;
      return limited;
    }

    private @Nullable UnavailableException failure() {
      if (refuses) {
        return new UnavailableException("refused");
      }
      boolean over = limit != null && takes.compareTo(limit) > 0;
      nanos += over ? limit.toNanos() : takes.toNanos();
      return over ? new UnavailableException("too slow for " + limit) : null;
    }

    private PutResult written() {
      UnavailableException failure = failure();
      return failure == null ? PutResult.done("etag", Instant.EPOCH) : PutResult.unknown(failure);
    }

    private void asked() {
      UnavailableException failure = failure();
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public PutResult put(String key, ObjectBody body) {
      return written();
    }

    @Override
    public PutResult putIfAbsent(String key, ObjectBody body) {
      return written();
    }

    @Override
    public PutResult putIfMatch(String key, ObjectBody body, String etag) {
      return written();
    }

    @Override
    public StoredObject get(String key) {
      asked();
      if (!isEmpty) {
        store.put(key, BODY);
      }
      return store.get(key);
    }

    @Override
    public StoredObject getRange(String key, long offset, long length) {
      return get(key);
    }

    @Override
    public Listing list(String prefix, String startAfter, int limit) {
      asked();
      return store.list(prefix, startAfter, limit);
    }

    @Override
    public void deleteAll(Collection<String> keys) {
      asked();
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
      return "slow";
    }
  }
}
