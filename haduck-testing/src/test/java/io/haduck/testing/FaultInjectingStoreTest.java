package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultInjectingStoreTest {
  @TempDir Path directory;
  private FaultInjectingStore store;
  private ObjectStore wrapped;

  @BeforeEach
  void openStore() {
    wrapped = new FileObjectStore(directory);
    store = new FaultInjectingStore(wrapped, 42);
  }

  @Test
  void errorBefore_reachesNothing() {
    store.failNext(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE);
    store.failNext(Operation.LIST, Fault.ERROR_BEFORE);

    assertThat(store.putIfAbsent("a", body("x")).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThatThrownBy(() -> store.list("", "")).isInstanceOf(UnavailableException.class);
    assertThat(wrapped.list("", "").objects()).isEmpty();
    assertThat(store.putIfAbsent("a", body("x")).outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void lostResponse_ofWrite_isUnknownAndDone() {
    store.failNext((operation, key) -> key.startsWith("log/"), Fault.LOST_RESPONSE);

    assertThat(store.putIfAbsent("lease", body("x")).outcome()).isEqualTo(Outcome.DONE);
    PutResult lost = store.putIfAbsent("log/1", body("x"));
    assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(lost.cause()).hasMessageContaining("42L");
    assertThat(wrapped.read("log/1", 10)).hasSize(1);
    assertThat(store.faults(Fault.LOST_RESPONSE)).isEqualTo(1);
  }

  @Test
  void duplicate_turnsOurOwnSuccessIntoExistsAndMismatch() {
    store.failNext(Operation.PUT_IF_ABSENT, Fault.DUPLICATE);
    store.failNext(Operation.PUT_IF_MATCH, Fault.DUPLICATE);

    assertThat(store.putIfAbsent("a", body("x")).outcome()).isEqualTo(Outcome.EXISTS);
    String etag;
    try (StoredObject object = wrapped.get("a")) {
      etag = object.etag();
    }
    assertThat(store.putIfMatch("a", body("y"), etag).outcome()).isEqualTo(Outcome.MISMATCH);
    assertThat(wrapped.read("a", 10)).isEqualTo("y".getBytes(StandardCharsets.UTF_8));
    assertThat(store.bytesWritten()).isEqualTo(4);
  }

  @Test
  void late_arrivesAfterItWasReportedUnknown() {
    store.failNext(Operation.PUT_IF_ABSENT, Fault.LATE);

    assertThat(store.putIfAbsent("a", body("x")).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(wrapped.list("", "").objects()).isEmpty();
    store.deliverLate();
    assertThat(wrapped.list("", "").objects()).hasSize(1);
  }

  @Test
  void shortRead_isNoticedByReadAll() {
    store.put("a", body("0123456789"));
    store.rate(Operation.GET, Fault.SHORT_READ, 1);

    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> store.read("a", 100)).isInstanceOf(UnavailableException.class);
    }
    store.heal();
    assertThat(store.read("a", 100)).hasSize(10);
  }

  @Test
  void outage_letsNothingThroughUntilItEnds() {
    store.outage(true);

    assertThat(store.put("a", body("x")).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThatThrownBy(() -> store.get("a")).isInstanceOf(UnavailableException.class);
    assertThatThrownBy(() -> store.deleteAll(List.of("a")))
        .isInstanceOf(UnavailableException.class);
    store.outage(false);
    assertThat(store.put("a", body("x")).outcome()).isEqualTo(Outcome.DONE);
    assertThat(store.calls()).isEqualTo(4);
    assertThat(store.calls(Operation.PUT)).isEqualTo(2);
  }

  @Test
  void lostResponse_ofDeletion_deletesAFirstPart() {
    var keys = new ArrayList<String>();
    for (int i = 0; i < 10; i++) {
      keys.add("log/" + i);
      store.put("log/" + i, body("x"));
    }
    store.failNext(Operation.DELETE, Fault.LOST_RESPONSE);

    assertThatThrownBy(() -> store.deleteAll(keys)).isInstanceOf(UnavailableException.class);
    int left = wrapped.list("", "").objects().size();
    assertThat(wrapped.list("", "").objects())
        .extracting(Listing.Entry::key)
        .containsExactlyElementsOf(keys.subList(10 - left, 10));
  }

  @Test
  void hooks_runAroundTheCallAndMayStopIt() {
    var seen = new ArrayList<String>();
    store.beforeCall(
        (operation, key) -> {
          seen.add("before " + operation + " " + key);
          if (key.equals("stop")) {
            throw new IllegalStateException("stopped");
          }
        });
    store.afterCall((operation, key) -> seen.add("after " + operation + " " + key));

    store.put("go", body("x"));
    assertThatThrownBy(() -> store.put("stop", body("x"))).hasMessage("stopped");
    assertThat(seen).containsExactly("before PUT go", "after PUT go", "before PUT stop");
    assertThat(wrapped.list("", "").objects()).hasSize(1);
  }

  @Test
  void sameSeed_sameFaults() {
    assertThat(outcomes(7)).isEqualTo(outcomes(7)).isNotEqualTo(outcomes(8));
    assertThat(outcomes(7)).contains(Outcome.UNKNOWN, Outcome.DONE);
  }

  @Test
  void delays_lastAndEnd() {
    store.maxDelay(Duration.ofMillis(1)).rate(Fault.DELAY, 1);

    assertThat(store.put("a", body("x")).outcome()).isEqualTo(Outcome.DONE);
    assertThat(store.faults(Fault.DELAY)).isEqualTo(1);
    assertThat(store).hasToString("file:" + directory + " (faults with seed 42L)");
  }

  private List<Outcome> outcomes(long seed) {
    var faulty =
        new FaultInjectingStore(wrapped, seed)
            .rate(Fault.ERROR_BEFORE, 0.2)
            .rate(Fault.LOST_RESPONSE, 0.2);
    var outcomes = new ArrayList<Outcome>();
    for (int i = 0; i < 50; i++) {
      outcomes.add(faulty.put("key", body("x")).outcome());
    }
    return outcomes;
  }

  private static ObjectBody body(String text) {
    return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
