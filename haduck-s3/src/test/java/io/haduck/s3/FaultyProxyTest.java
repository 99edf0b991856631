package io.haduck.s3;

import static java.time.temporal.ChronoUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ConditionalWriteProbe;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.FaultyProxy;
import io.haduck.testing.internal.FaultyProxy.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** What each fault looks like from the other side of the SDK, before a real server. */
class FaultyProxyTest {
  private static final byte[] CONTENT = new byte[100_000];
  private static final ObjectBody BODY = ObjectBody.of(CONTENT);

  static {
    new Random(1).nextBytes(CONTENT);
  }

  private EmbeddedS3 server;
  private FaultyProxy proxy;
  private ObjectStore store;
  private ObjectStore plain;

  @BeforeEach
  void start() throws IOException {
    server = EmbeddedS3.inMemory();
    proxy = new FaultyProxy(server.endpoint(), 1);
    proxy.stall(Duration.ofMillis(20));
    plain = server.openStore("a");
    store =
        new S3ObjectStoreProvider()
            .open(
                new ReplicaLocation("s3", EmbeddedS3.BUCKET, "a"),
                proxy.settings(server.settings()));
  }

  @AfterEach
  void stop() throws IOException {
    store.close();
    plain.close();
    proxy.close();
    server.close();
  }

  @Test
  void withoutFaults_everythingPasses_onFewConnections() {
    for (int i = 0; i < 20; i++) {
      assertThat(store.putIfAbsent("log/" + i, BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(store.read("log/" + i, CONTENT.length)).isEqualTo(CONTENT);
    }
    assertThat(store.putIfAbsent("log/0", BODY).outcome()).isEqualTo(Outcome.EXISTS);
    assertThat(store.list("log/", "").objects()).hasSize(20);
    store.deleteAll(List.of("log/0", "log/1"));
    assertThat(plain.list("log/", "").objects()).hasSize(18);
    assertThat(proxy.connections()).isLessThan(5);
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET_REQUEST", "STALL", "ERROR"})
  void whatDoesNotArrive_isUnknown_andNotThere(Fault fault) {
    proxy.rate(fault, 1);
    var result = store.putIfAbsent("log/1", BODY);
    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("log/1")
        .hasMessageContaining(proxy.endpoint().getAuthority());
    assertThat(plain.list("", "").objects()).isEmpty();
    assertThat(proxy.faults(fault)).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST_RESPONSE", "ERROR_AFTER"})
  void whatLosesItsAnswer_isUnknown_andThere(Fault fault) {
    proxy.rate(fault, 1);
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(plain.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
  }

  @Test
  void whatIsLate_isUnknown_andThereLater() {
    proxy.rate(Fault.LATE, 1);
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(plain.list("", "").objects()).isEmpty();
    proxy.deliverLate();
    assertThat(plain.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
  }

  @Test
  void whatIsHeldBack_doesNotArriveWithLaterRequests() {
    proxy.holdLate(true);
    proxy.rate(Fault.LATE, 1);
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    proxy.rate(Fault.LATE, 0);
    for (int i = 2; i < 12; i++) {
      assertThat(store.putIfAbsent("log/" + i, BODY).outcome()).isEqualTo(Outcome.DONE);
    }
    assertThat(plain.list("log/", "").objects()).hasSize(10);
    proxy.deliverLate();
    assertThat(plain.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
  }

  /** The SDK signs by this machine's clock, and goes on to where the store's clock is set. */
  @ParameterizedTest
  @ValueSource(ints = {-14, 14})
  void clock_isTheStoresForAllThatIsAsked_andRequestsPassStill(int minutes) {
    Duration ahead = Duration.ofMinutes(minutes);
    proxy.clocks(ahead);
    for (int i = 0; i < 3; i++) {
      Instant begun = plain.list("", "").storeTime();
      var put = store.putIfAbsent("log/" + i, BODY);
      assertThat(put.outcome()).isEqualTo(Outcome.DONE);
      assertThat(put.storeTime().minus(ahead)).isBetween(begun, begun.plusSeconds(60));
      assertThat(store.putIfAbsent("log/" + i, BODY).outcome()).isEqualTo(Outcome.EXISTS);
      assertThat(store.list("", "").storeTime()).isCloseTo(put.storeTime(), within(60, SECONDS));
      assertThatThrownBy(() -> store.get("none")).isInstanceOf(MissingObjectException.class);
    }
  }

  @Test
  void clocksThatDoNotAgree_answerInTurns() {
    proxy.clocks(Duration.ofMinutes(10), Duration.ofMinutes(-10));
    Instant first = store.list("", "").storeTime();
    Instant second = store.list("", "").storeTime();
    assertThat(second).isBefore(first.minus(Duration.ofMinutes(15)));
    // A header has whole seconds.
    assertThat(store.list("", "").storeTime()).isAfter(first.minusSeconds(2));
  }

  @Test
  void duplicate_turnsOurOwnSuccessIntoExists() {
    proxy.rate(Fault.DUPLICATE, 1);
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.EXISTS);
    assertThat(plain.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
  }

  @Test
  void truncatedAnswer_isNoticed() {
    plain.put("log/1", BODY);
    proxy.rate(Fault.TRUNCATED_RESPONSE, 1);
    assertThatThrownBy(() -> store.read("log/1", CONTENT.length))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("log/1");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELAY", "THROTTLED"})
  void whatIsSlow_arrives(Fault fault) {
    proxy.rate(fault, 1);
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
    assertThat(store.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
    assertThat(proxy.faults(fault)).isPositive();
  }

  /** As behind a proxy that compresses: no condition may hold by such a tag. */
  @Test
  void otherEtags_areRefusedByTheProbe() {
    proxy.rate(Fault.OTHER_ETAG, 1);
    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("nonce"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("replacing an object by its own entity tag");
  }

  /** The SDK's own time-outs, three times 30 s: it must not hang for ever. */
  @Test
  @Tag("slow")
  void silence_isGivenUp() {
    proxy.stall(Duration.ofMinutes(10)).rate(Fault.STALL, 1);
    long begun = System.nanoTime();
    assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isBetween(Duration.ofSeconds(80), Duration.ofSeconds(150));
    assertThat(proxy.faults(Fault.STALL)).isEqualTo(3);
  }

  @Test
  void outage_refusesConnections_andEnds() throws IOException {
    assertThat(store.put("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
    proxy.outage(true);
    assertThatThrownBy(() -> store.get("log/1"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("Connection refused");
    proxy.outage(false);
    assertThat(store.read("log/1", CONTENT.length)).isEqualTo(CONTENT);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "STALL")
  void atAThird_everyFaultIsOvercome(Fault fault) {
    proxy.rate(fault, 0.3);
    for (int i = 0; i < 10; i++) {
      String key = "log/" + i;
      String content = "content " + i;
      ObjectBody body = ObjectBody.of(content.getBytes(StandardCharsets.UTF_8));
      while (store.putIfAbsent(key, body).outcome() == Outcome.UNKNOWN) {
        // again
      }
      assertThat(plain.read(key, 100)).asString(StandardCharsets.UTF_8).isEqualTo(content);
    }
  }
}
