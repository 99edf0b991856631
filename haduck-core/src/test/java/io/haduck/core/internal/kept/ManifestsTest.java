package io.haduck.core.internal.kept;

import static io.haduck.core.internal.kept.KeptObjects.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.splitbrain.MemoryReplica;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestsTest {
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final MemoryReplica memory = new MemoryReplica();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed);
  private final Manifests manifests = manifests(5);

  private Manifests manifests(int attempts) {
    return new Manifests(store, KeptObjects.retries(attempts));
  }

  private void put(Manifest manifest) {
    assertThat(memory.put(manifest.key(), ObjectBody.of(ManifestFormat.encode(manifest))).outcome())
        .isEqualTo(Outcome.DONE);
  }

  private void delete(long number) {
    memory.deleteAll(List.of(LogKeys.kept(number)));
  }

  private long newest() {
    return manifests(1).newest().map(Manifest::number).orElse(0L);
  }

  @Test
  void newest_ofALogThatWasNeverSwept_isNone() {
    assertThat(manifests.newest()).isEmpty();
    assertThat(store.calls()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 1023, 1024, 3000})
  void newest_isTheHighest(int count) {
    for (int number = 1; number <= count; number++) {
      put(manifest(number, 0));
    }
    assertThat(newest()).isEqualTo(count);
    assertThat(store.calls(Operation.GET)).isEqualTo(1);
  }

  @Test
  void newest_ofWhatIsKnown_isFoundFromThereOn() {
    for (int number = 1; number <= 3000; number++) {
      put(manifest(number, 0));
    }
    assertThat(manifests.newest().orElseThrow().number()).isEqualTo(3000);
    put(manifest(3001, 0));
    long before = store.calls(Operation.LIST);
    assertThat(manifests.newest().orElseThrow().number()).isEqualTo(3001);
    assertThat(store.calls(Operation.LIST) - before).isEqualTo(1);
  }

  @Test
  void newest_isFoundWhereOthersAreMissing() {
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      var one = new MemoryReplica();
      int count = 1 + random.nextInt(60);
      for (int number = 1; number <= count; number++) {
        if (number == count || random.nextInt(3) == 0) {
          Manifest manifest = manifest(number, 0);
          one.put(manifest.key(), ObjectBody.of(ManifestFormat.encode(manifest)));
        }
      }
      one.put("kept/readme.txt", ObjectBody.of(new byte[1]));
      one.put("kept/00000000000000000000.txt", ObjectBody.of(new byte[1]));
      assertThat(new Manifests(one, KeptObjects.retries(1)).newest().orElseThrow().number())
          .as("haduck.seed=%d, round %d", seed, round)
          .isEqualTo(count);
    }
  }

  @Test
  void newest_thatIsDamaged_isAnErrorAndNotTheOneBefore() {
    put(manifest(1, 0));
    byte[] bytes = ManifestFormat.encode(manifest(2, 0));
    bytes[40] ^= 1;
    memory.put(LogKeys.kept(2), ObjectBody.of(bytes));
    assertThatThrownBy(manifests::newest)
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(LogKeys.kept(2))
        .hasMessageContaining("nothing may be deleted");
  }

  @Test
  void newest_thatWasThereAndIsNot_isAnErrorAndNotTheOneBefore() {
    put(manifest(1, 0));
    put(manifest(2, 0));
    assertThat(manifests.newest().orElseThrow().number()).isEqualTo(2);
    delete(2);
    assertThatThrownBy(manifests::newest)
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("was there");
  }

  @Test
  void create_writesTheNextOne() {
    assertThat(manifests.create(null, manifest(1, 0))).isTrue();
    assertThat(manifests.create(manifest(1, 0), manifest(2, 9, 4))).isTrue();
    assertThat(manifests.newest()).contains(manifest(2, 9, 4));
    assertThat(manifests.isOvertaken(manifest(1, 0))).isTrue();
    assertThat(manifests.isOvertaken(manifest(2, 9, 4))).isFalse();
  }

  @Test
  void create_ofWhatTakesSomethingBack_writesNothing() {
    put(manifest(1, 9, 4));
    assertThatThrownBy(() -> manifests.create(manifest(1, 9, 4), manifest(2, 9, 5)))
        .isInstanceOf(CorruptDataException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> manifests.create(null, manifest(2, 9, 4)));
    assertThat(newest()).isEqualTo(1);
    assertThat(store.calls(Operation.PUT_IF_ABSENT)).isZero();
  }

  @Test
  void create_ofOneThatIsThere_isOursOnlyIfItIsTheSame() {
    put(manifest(1, 9, 4));
    assertThat(manifests.create(null, manifest(1, 9, 4))).isTrue();
    assertThat(manifests.create(null, manifest(1, 9, 5))).isFalse();
    assertThat(manifests.newest()).contains(manifest(1, 9, 4));
  }

  @Test
  void create_whereALaterOneIs_isOvertaken() {
    for (int number = 1; number <= 5; number++) {
      put(manifest(number, 9, 4));
    }
    delete(2);
    delete(3);
    assertThat(manifests.create(manifest(1, 9, 4), manifest(2, 9))).isFalse();
    assertThat(newest()).isEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"ERROR_BEFORE", "LOST_RESPONSE", "LATE", "DUPLICATE"})
  void create_whoseAnswerIsLost_isSettledByReadingBack(Fault fault) {
    store.failNext(Operation.PUT_IF_ABSENT, fault);
    assertThat(manifests.create(null, manifest(1, 9, 4))).isTrue();
    store.deliverLate();
    assertThat(newest()).isEqualTo(1);
  }

  @Test
  void create_whoseAnswerStaysLost_isNotKnown_andCanBeSettledLater() {
    store.rate(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE, 1);
    assertThatThrownBy(() -> manifests.create(null, manifest(1, 9, 4)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("not known whether")
        .hasMessageContaining(LogKeys.kept(1));
    store.heal();
    assertThat(manifests.create(null, manifest(1, 9, 4))).isTrue();
  }

  @Test
  void create_byTwoUnderRandomFaults_makesOneChainWithoutGaps() {
    store
        .rate(Fault.ERROR_BEFORE, 0.1)
        .rate(Fault.LOST_RESPONSE, 0.1)
        .rate(Fault.LATE, 0.1)
        .rate(Fault.DUPLICATE, 0.1)
        .rate(Fault.SHORT_READ, 0.05);
    var random = new Random(seed);
    int created = 0;
    List<Manifests> writers = List.of(manifests(20), manifests(20));
    List<Optional<Manifest>> views = new ArrayList<>(List.of(Optional.empty(), Optional.empty()));
    while (created < 150) {
      int who = random.nextInt(2);
      Optional<Manifest> before = views.get(who);
      long number = before.map(Manifest::number).orElse(0L) + 1;
      if (writers.get(who).create(before.orElse(null), manifest(number, number))) {
        created++;
      }
      int other = random.nextInt(2);
      views.set(other, writers.get(other).newest());
    }
    store.heal();
    store.deliverLate();
    long last = newest();
    for (long number = 2; number <= last; number++) {
      Manifest before = read(number - 1);
      read(number).requireFollows(before);
    }
    assertThat(last).as("haduck.seed=%d", seed).isGreaterThan(50);
  }

  private Manifest read(long number) {
    String key = LogKeys.kept(number);
    return ManifestFormat.decode(memory.read(key, 1 << 20), key, number);
  }
}
