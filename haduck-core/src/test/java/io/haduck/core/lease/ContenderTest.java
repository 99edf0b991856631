package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit.Confirmed;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.lease.LeaseWorld.Machine;
import io.haduck.core.lease.LeaseWorld.Owner;
import io.haduck.core.lease.Participant.FileKey;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of somebody who wants the lease, one by one. */
final class ContenderTest {
  @TempDir Path directory;
  private LeaseWorld world;
  private Machine a;
  private Machine b;
  private Machine c;
  private final Owner owner = new Owner();

  @BeforeEach
  void begin() {
    world = new LeaseWorld(directory);
    a = world.machine("a");
    b = world.machine("b");
    c = world.machine("c");
  }

  private LeaseKeeper held() {
    world.head = 0;
    LeaseKeeper keeper = a.holder(owner);
    world.head = 1;
    return keeper;
  }

  @Test
  void emptyReplica_isTakenAtOnce() {
    world.head = 0;
    assertThat(a.opener().lookAtOnce(owner)).isNotNull();
    assertThat(world.record().counter()).isEqualTo(1);
  }

  @Test
  void missingLease_besideALog_isTakenWhenItsHeadStoodStillForATtl() {
    Contender contender = b.opener();
    assertThat(contender.lookAtOnce(owner)).isNull();
    world.pass(Duration.ofSeconds(7));
    world.head++;
    assertThat(contender.lookAtOnce(owner)).isNull();
    for (int i = 0; i < 14; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(contender.lookAtOnce(owner)).isNull();
    }
    world.pass(Duration.ofSeconds(1));
    assertThat(contender.lookAtOnce(owner)).isNotNull();
  }

  @Test
  void held_isTakenAfterTheTtlInTheObject_fromTheAnswerThatShowedIt() {
    held();
    Contender contender = b.opener(Duration.ofSeconds(2));
    world.store.afterCall((operation, key) -> world.pass(Duration.ofSeconds(1)));
    assertThat(contender.lookAtOnce(owner)).isNull(); // its answer took a second
    world.store.afterCall((operation, key) -> {});
    for (int i = 0; i < 14; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(contender.lookAtOnce(owner)).isNull();
    }
    world.pass(Duration.ofMillis(999));
    assertThat(contender.lookAtOnce(owner)).isNull();
    world.pass(Duration.ofMillis(1));
    LeaseKeeper taken = Objects.requireNonNull(contender.lookAtOnce(owner));
    assertThat(taken.ask()).isInstanceOf(Confirmed.class);
    assertThat(world.record().ttl()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void anothersUnansweredKnock_isWatched_notReplaced() {
    held();
    Contender first = b.opener();
    first.lookAtOnce(owner);
    String nonce = Objects.requireNonNull(world.record().knock()).nonce();
    Contender second = c.opener();
    for (int i = 0; i < 14; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(second.lookAtOnce(owner)).isNull();
      assertThat(first.lookAtOnce(owner)).isNull();
      assertThat(Objects.requireNonNull(world.record().knock()).nonce()).isEqualTo(nonce);
    }
    world.pass(Duration.ofSeconds(1));
    assertThat(second.lookAtOnce(owner)).as("saw it a second later").isNull();
    assertThat(first.lookAtOnce(owner)).isNotNull();
    assertThat(second.lookAtOnce(owner)).isNull();
  }

  @Test
  void contenders_outliveWhoKnockedFirst() {
    held();
    b.opener().lookAtOnce(owner);
    Contender second = c.opener();
    assertThat(second.lookAtOnce(owner)).isNull();
    for (int i = 0; i < 14; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(second.lookAtOnce(owner)).isNull();
    }
    world.pass(Duration.ofSeconds(1));
    assertThat(second.lookAtOnce(owner)).isNotNull();
  }

  @Test
  void silentStore_leavesTheHolderTimeToAnswer_whenItIsBack() {
    LeaseKeeper keeper = held();
    Contender contender = b.opener();
    contender.lookAtOnce(owner);
    world.store.outage(true);
    for (int i = 0; i < 16; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(contender.lookAtOnce(owner)).isNull();
    }
    world.store.heal();
    assertThat(contender.lookAtOnce(owner)).isNull();
    keeper.step();
    assertThat(keeper.ask()).isInstanceOf(Confirmed.class);
    world.pass(Duration.ofSeconds(8));
    assertThat(contender.lookAtOnce(owner)).isNull();
    assertThat(world.record().holder()).isEqualTo(a.self);
  }

  @Test
  void standby_knocksAboutOnceATtl_andNotWhileTheHeadMoves() {
    LeaseKeeper keeper = held();
    Contender standby = b.standby();
    long counter = world.record().counter();
    for (int i = 0; i < 60; i++) {
      world.pass(Duration.ofSeconds(1));
      world.head++;
      assertThat(standby.lookAtOnce(owner)).isNull();
    }
    assertThat(world.record().counter()).isEqualTo(counter);
    for (int i = 0; i < 150; i++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(standby.lookAtOnce(owner)).isNull();
      keeper.step();
    }
    long writes = world.record().counter() - counter;
    assertThat(writes / 2).as("knocks in ten TTLs, each answered").isBetween(8L, 11L);
  }

  @Test
  void standby_takesOver_soonAfterABusyWriterDies() {
    held();
    Contender standby = b.standby();
    for (int i = 0; i < 60; i++) {
      world.pass(Duration.ofSeconds(1));
      world.head++;
      standby.lookAtOnce(owner);
    }
    int seconds = 0;
    for (LeaseKeeper taken = null; taken == null; seconds++) {
      world.pass(Duration.ofSeconds(1));
      taken = standby.lookAtOnce(owner);
    }
    assertThat(Duration.ofSeconds(seconds)).isLessThan(LeaseWorld.TTL.multipliedBy(3).dividedBy(2));
    assertThat(world.record().role()).isEqualTo("promoted");
  }

  @Test
  void restart_inTheSamePlace_takesItBackAtOnce_ifItHasAppended() {
    LeaseKeeper keeper = held();
    a.restart();
    assertThat(a.opener().lookAtOnce(owner)).as("nothing was appended").isNull();
    keeper.step(); // answers the knock
    keeper.appended(keeper.record().holder());
    keeper.step();
    a.restart();
    assertThat(a.opener().lookAtOnce(owner)).isNotNull();
  }

  @Test
  void restart_elsewhere_waits() {
    LeaseKeeper keeper = held();
    keeper.appended(a.self);
    keeper.step();
    Participant there = a.self;
    FileKey file = Objects.requireNonNull(there.database());
    FileKey lock = Objects.requireNonNull(there.lock());
    var copy = new FileKey(file.device(), file.inode() + 100);
    for (Participant other :
        List.of(
            new Participant("id", there.label(), "another", there.boot(), file, lock),
            new Participant("id", there.label(), there.host(), "another", file, lock),
            new Participant("id", there.label(), there.host(), "", file, lock),
            new Participant("id", there.label(), there.host(), there.boot(), copy, lock),
            new Participant("id", there.label(), there.host(), there.boot(), file, copy),
            new Participant("id", there.label(), there.host(), there.boot(), null, lock))) {
      a.self = other;
      Contender contender =
          Contender.opening(
              a.surroundings(),
              other,
              LeaseOptions.defaults().waiting(Duration.ZERO),
              () -> world.head);
      assertThat(contender.lookAtOnce(owner)).as("" + other).isNull();
    }
  }

  /** It would keep others out. */
  @Test
  void restart_whileAnotherOneHasKnocked_waits() {
    LeaseKeeper keeper = held();
    keeper.appended(a.self);
    keeper.step();
    Contender other = b.opener();
    other.lookAtOnce(owner);
    for (int crash = 0; crash < 3; crash++) {
      a.restart();
      assertThat(a.opener().lookAtOnce(owner)).isNull();
      world.pass(Duration.ofSeconds(5));
      if (crash < 2) {
        assertThat(other.lookAtOnce(owner)).isNull();
      }
    }
    assertThat(other.lookAtOnce(owner)).isNotNull();
  }

  /** Its lives move the head of the log as a writer does that goes on. */
  @Test
  void standby_takesOver_fromAProcessThatCrashesAgainAndAgain_andAppendsEachTime() {
    LeaseKeeper first = held();
    first.appended(first.record().holder());
    first.step();
    Contender standby = b.standby();
    LeaseKeeper taken = null;
    for (int second = 0; taken == null && second < 100; second++) {
      if (second % 3 == 0) {
        a.restart();
        LeaseKeeper life = a.opener().lookAtOnce(owner);
        if (life != null) {
          world.head++;
          life.appended(life.record().holder());
          life.step();
        }
      }
      world.pass(Duration.ofSeconds(1));
      taken = standby.lookAtOnce(owner);
    }
    assertThat(taken).isNotNull();
  }

  @Test
  void leaseWaitOfZero_failsAtOnce_andWritesNothing() {
    held();
    long writes = world.writes();
    var contender =
        Contender.opening(
            b.surroundings(),
            b.self,
            LeaseOptions.defaults().waiting(Duration.ZERO),
            () -> world.head);
    long begun = b.nanos;
    assertThatThrownBy(() -> contender.acquired(owner))
        .isInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("'a' on host-a")
        .hasMessageContaining("since " + world.record().since())
        .hasMessageContaining("seen from here for 0.0 s without a sign of life")
        .hasMessageContaining("mode=follower");
    assertThat(b.nanos).isEqualTo(begun);
    assertThat(world.writes()).isEqualTo(writes);
  }

  @Test
  void leaseWait_ofTwoTtls_isEnoughWhereTheHolderIsDead() {
    held();
    assertThat(b.opener().acquired(owner).ask()).isInstanceOf(Confirmed.class);
  }

  @Test
  void leaseWait_ends_whereTheHolderLives() {
    LeaseKeeper keeper = held();
    world.store.beforeCall(
        (operation, key) -> {
          world.store.beforeCall((any, one) -> {});
        });
    Contender contender = b.opener();
    var alive =
        Contender.opening(
            Surroundings.of(
                world.store,
                b,
                () -> java.time.Instant.ofEpochMilli(b.wallMillis),
                world.random,
                nanos -> {
                  world.pass(Duration.ofNanos(nanos));
                  keeper.step();
                }),
            b.self,
            LeaseOptions.defaults(),
            () -> world.head);
    assertThat(contender.seen()).isEmpty();
    long begun = b.nanos;
    assertThatThrownBy(() -> alive.acquired(owner))
        .isInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("Waited 30 s");
    assertThat(Duration.ofNanos(b.nanos - begun)).isEqualTo(Duration.ofSeconds(30));
    assertThat(keeper.ask()).isInstanceOf(Confirmed.class);
  }

  @Test
  void leaseWait_forASilentStore_saysThatItIsSilent() {
    held();
    world.store.outage(true);
    assertThatThrownBy(() -> b.opener().acquired(owner))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("did not arrive");
  }

  @Test
  void interrupt_endsTheWaiting_andStaysSet() {
    held();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> b.opener().acquired(owner))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void takeOver_whoseAnswerIsLost_isSettledByReadingBackAllBytes() {
    world.head = 0;
    world.store.failNext(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE);
    assertThat(a.opener().lookAtOnce(owner)).isNotNull();
  }

  @Test
  void takeOver_thatArrivesLate_isNoticed() {
    held().leave(null, Duration.ofSeconds(4));
    Contender contender = b.opener();
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.LATE);
    world.store.failNext(
        (operation, key) -> operation == Operation.GET && world.store.faults(Fault.LATE) > 0,
        Fault.ERROR_BEFORE);
    assertThat(contender.lookAtOnce(owner)).isNull();
    world.store.deliverLate();
    LeaseKeeper keeper = Objects.requireNonNull(contender.lookAtOnce(owner));
    assertThat(keeper.ask()).isInstanceOf(Confirmed.class);
    assertThat(world.record().counter()).isEqualTo(3);
    assertThat(world.record().state()).isEqualTo(State.HELD);
  }

  @Test
  void whatIsNoLease_isAnError_andLeftAlone() {
    world.store.wrapped().put("lease", ObjectBody.of("{}".getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(() -> b.opener().acquired(owner)).isInstanceOf(CorruptDataException.class);
    assertThat(world.store.wrapped().read("lease", 10)).hasSize(2);
  }

  @Test
  void acquire_keepsTheLeaseOnAThreadOfItsOwn() {
    world.head = 0;
    try (HeldLease lease =
        Contender.opening(world.store, a.self, LeaseOptions.defaults(), () -> world.head)
            .acquire(owner)) {
      assertThat(lease.permit().ask()).isInstanceOf(Confirmed.class);
      assertThat(lease)
          .hasToString(
              "lease of 'a' on host-a (writer, session "
                  + lease.record().session()
                  + "), since "
                  + lease.record().since());
      assertThat(lease.release()).isTrue();
    }
    assertThat(world.record().state()).isEqualTo(State.RELEASED);
  }
}
