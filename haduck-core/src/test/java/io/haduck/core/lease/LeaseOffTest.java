package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LeaseHeldException;
import io.haduck.core.lease.LeaseWorld.Machine;
import io.haduck.core.lease.LeaseWorld.Owner;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer without a lease does not go where a holder lives. */
final class LeaseOffTest {
  @TempDir Path directory;
  private LeaseWorld world;
  private Machine a;
  private Machine b;
  private final Owner owner = new Owner();
  private Runnable others = () -> {};

  @BeforeEach
  void begin() {
    world = new LeaseWorld(directory);
    a = world.machine("a");
    b = world.machine("b");
  }

  private LeaseKeeper held() {
    world.head = 0;
    LeaseKeeper keeper = a.holder(owner);
    world.head = 1;
    return keeper;
  }

  private Duration require() {
    long begun = b.nanos;
    LeaseOff.requireNoLiveHolder(
        Surroundings.of(
            world.store,
            b,
            () -> Instant.ofEpochMilli(b.wallMillis),
            world.random,
            nanos -> {
              world.pass(Duration.ofNanos(nanos));
              others.run();
            }),
        b.self,
        () -> world.head);
    return Duration.ofNanos(b.nanos - begun);
  }

  @Test
  void noLease_orAReleasedOne_isNoHindrance() {
    assertThat(require()).isZero();
    held().leave(null, Duration.ofSeconds(4));
    assertThat(require()).isZero();
  }

  @Test
  void holderThatAnswers_isRefused() {
    LeaseKeeper keeper = held();
    others = keeper::step;
    assertThatThrownBy(this::require)
        .isInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("it has answered")
        .hasMessageContaining("'a' on host-a");
  }

  @Test
  void logThatGoesOn_isRefused_evenWhereTheStoreHasNoConditions() {
    held();
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.ERROR_BEFORE);
    others = () -> world.head++;
    assertThatThrownBy(this::require)
        .isInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("its log goes on");
  }

  @Test
  void deadHolder_isWatchedForATtl() {
    held();
    assertThat(require()).isEqualTo(LeaseWorld.TTL);
  }

  @Test
  void holderThatReleasesMeanwhile_isNoHindrance() {
    LeaseKeeper keeper = held();
    others = () -> keeper.leave(null, Duration.ofSeconds(4));
    assertThatCode(this::require).doesNotThrowAnyException();
  }
}
